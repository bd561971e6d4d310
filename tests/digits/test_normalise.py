from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image, ImageDraw

from nn.digits.normalise import normalise

SEVEN = [(30, 30), (105, 25), (60, 130)]


def written(points=SEVEN, scale: float = 1.0, pen: int = 14) -> np.ndarray:
    """Points joined by a pen: bright ink on 0, uint8, 160 × 160 at scale 1."""
    side = round(160 * scale)
    sheet = Image.new("L", (2 * side, 2 * side))
    line = [(2 * scale * x, 2 * scale * y) for x, y in points]
    ImageDraw.Draw(sheet).line(line, 255, round(2 * scale * pen), joint="curve")
    return np.asarray(sheet.resize((side, side), Image.Resampling.BOX))


INK = written()
READ = normalise(INK).image


def difference(one: np.ndarray, other: np.ndarray = READ) -> float:
    """Mean over the pixels; the seven moved by one pixel differs from itself by 20."""
    return float(np.abs(one.astype(float) - other).mean())


def difference_in_form(one: np.ndarray) -> float:
    """The same, wherever in pixel 14 the two have their middle: MNIST moves by whole pixels."""
    by_one = (-1, 0, 1)
    return min(
        difference(np.roll(one, (down, across), (0, 1))) for down in by_one for across in by_one
    )


def painted(ink_colour, paper_colour) -> np.ndarray:
    """The seven in one colour on another: (160, 160, channels)."""
    share = INK[..., np.newaxis] / 255
    mixed = share * np.array(ink_colour) + (1 - share) * np.array(paper_colour)
    return np.rint(mixed).astype(np.uint8)


def middle_and_box(image: np.ndarray) -> list[tuple[float, int, int]]:
    """Down and across: the centre of mass, in pixel edges, and the ink's first and last pixel."""
    found = []
    for axis in (1, 0):
        lit = np.flatnonzero(image.any(axis=axis))
        mass = image.sum(axis=axis, dtype=float)
        found.append(((mass @ (np.arange(28) + 0.5)) / mass.sum(), int(lit[0]), int(lit[-1])))
    return found


points = st.lists(
    st.tuples(st.integers(0, 159), st.integers(0, 159)), min_size=2, max_size=5, unique=True
)


@given(points=points, pen=st.integers(3, 25))
def test_ink_is_20_pixels_long_and_its_centre_of_mass_in_pixel_14(points, pen):
    image, blank = normalise(np.pad(written(points, pen=pen), 10))

    assert not blank
    assert image.max() == 255
    down, across = middle_and_box(image)
    assert max(last - first + 1 for _, first, last in (down, across)) in (19, 20)
    for middle, first, last in (down, across):
        # 1/20 for the rounding of pixels; ink that reaches the frame's edge cannot move on.
        assert 13.95 <= middle < 15.05 or first == 0 or last == 27


def test_a_seven_stands_upright_in_the_frame():
    bar, foot = np.flatnonzero(READ[9] > 127), np.flatnonzero(READ[23] > 127)
    assert np.ptp(bar) > 8, "its bar is at the top"
    assert 10 <= foot.min() <= foot.max() <= 13, "its foot is at the bottom, left of the middle"


def test_dark_on_light_is_read_as_light_on_dark():
    assert np.abs(normalise(255 - INK).image.astype(int) - READ).max() <= 1


@pytest.mark.parametrize(
    "ink, paper",
    [
        ((255, 255, 255), (0, 0, 0)),
        ((20, 30, 160), (255, 255, 255)),
        ((255, 240, 80), (20, 60, 30)),
        ((120, 120, 120), (170, 170, 170)),  # faint
    ],
    ids=["grey", "blue on white", "chalk", "pencil"],
)
def test_colours_and_contrast_do_not_matter(ink, paper):
    image, blank = normalise(painted(ink, paper))
    assert not blank
    assert difference(image) < 1


@pytest.mark.parametrize("hidden", [0, 255], ids=["black", "white"])
@pytest.mark.parametrize("ink", [0, 255], ids=["dark ink", "light ink"])
def test_what_is_transparent_is_paper_whatever_colour_it_hides(ink, hidden):
    colour = np.where(INK > 0, ink, hidden).astype(np.uint8)
    rgba = np.stack([colour, colour, colour, INK], axis=-1)

    for picture in (rgba, Image.fromarray(rgba), Image.fromarray(rgba).convert("LA")):
        assert difference(normalise(picture).image) < 1


@pytest.mark.parametrize("form", ["GIF", "PNG"])
def test_a_palette_with_a_transparent_colour_is_read(form):
    palette = Image.fromarray((INK > 127).astype(np.uint8)).convert("P")
    palette.putpalette([0, 0, 0] * 256)  # ink and paper are both black; the paper is transparent
    file = io.BytesIO()
    palette.save(file, form, transparency=0)

    image, blank = normalise(Image.open(file))

    assert not blank
    assert difference(image) < 5


@pytest.mark.parametrize("ink, paper", [(65_535, 0), (8_000, 60_000), (22_000, 41_000)])
def test_sixteen_bits_of_grey_are_read_as_eight(ink, paper):
    grey = paper + INK / 255 * (ink - paper)
    file = io.BytesIO()
    Image.fromarray(grey.astype(np.uint16)).save(file, "PNG")

    image, blank = normalise(Image.open(file))

    assert not blank
    assert difference(image) < 1


@given(*[st.integers(0, 110)] * 4)
def test_where_the_digit_stands_does_not_matter(above, below, left, right):
    shifted = np.pad(INK, ((above, below), (left, right)))
    np.testing.assert_array_equal(normalise(shifted).image, READ)


@pytest.mark.parametrize("scale", [0.5, 2, 5, 15])
def test_size_does_not_matter(scale):
    assert difference_in_form(normalise(written(scale=scale)).image) < 3


def test_a_photograph_of_6_megapixels_is_read():
    photograph = np.full((2000, 3000), 230, np.uint8)
    photograph[300:1900, 900:2500] -= (written(scale=10) * 0.8).astype(np.uint8)
    assert difference_in_form(normalise(photograph).image) < 3


def test_the_grain_of_the_paper_leaves_no_ink():
    grain = np.random.default_rng(0).integers(-12, 13, INK.shape)
    image, _ = normalise(np.clip(220 - 0.7 * INK + grain, 0, 255).astype(np.uint8))
    assert difference(image) < 4
    assert (image[READ == 0] > 40).sum() == 0


@pytest.mark.parametrize("shape", [(160, 160), (28, 28, 3), (1, 1), (2000, 3000)], ids=str)
@pytest.mark.parametrize("paper", [0, 100, 250])
@pytest.mark.parametrize("noise", [0, 5])
def test_empty_paper_is_blank(shape, paper, noise):
    picture = paper + np.random.default_rng(0).integers(0, noise + 1, shape, np.uint8)
    image, blank = normalise(picture)
    assert blank
    assert not image.any()


def test_a_wholly_transparent_picture_is_blank():
    rgba = np.random.default_rng(0).integers(0, 256, (40, 40, 4), np.uint8)
    rgba[..., 3] = 0
    assert normalise(rgba).blank


def test_a_bar_in_8_by_8_pixels_is_read():
    tiny = np.zeros((8, 8), np.uint8)
    tiny[1:7, 3:5] = 255

    image, blank = normalise(tiny)

    assert not blank
    (_, top, bottom), (_, left, right) = middle_and_box(image > 127)
    assert bottom - top + 1 in (19, 20)
    assert right - left + 1 in (6, 7)  # 2 of 6 is 6.7 of 20


def test_a_hair_line_stays_a_pixel_wide():
    sheet = np.full((400, 100), 255, np.uint8)
    sheet[20:380, 50] = 0

    image, blank = normalise(sheet)

    assert not blank
    assert [last - first + 1 for _, first, last in middle_and_box(image)] == [20, 1]


def test_mnists_own_pictures_stay_nearly_as_they_are(mnist):
    _, handwriting = mnist
    shown = handwriting.images[:500]
    read = np.stack([normalise(image).image for image in shown])

    assert np.mean((read == shown).all(axis=(1, 2))) > 0.6
    assert difference(read, shown) < 0.4


shapes = st.one_of(
    st.tuples(st.integers(1, 40), st.integers(1, 40)),
    st.tuples(st.integers(1, 40), st.integers(1, 40), st.sampled_from([3, 4])),
    st.sampled_from([(1, 1), (1, 500), (500, 1), (2, 500, 4)]),
)


@example(np.array([[0, 26]], np.uint8))  # as faint as ink may be
@given(arrays(np.uint8, shapes))
def test_any_picture_gives_a_frame_and_stays_as_it_is(picture):
    before = picture.copy()

    image, blank = normalise(picture)

    assert (image.shape, image.dtype) == ((28, 28), np.uint8)
    assert image.max() == (0 if blank else 255)
    np.testing.assert_array_equal(picture, before)
