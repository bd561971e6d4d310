from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays, scalar_dtypes
from PIL import Image, ImageDraw, ImageFilter

from nn.data.preprocess.connected_components import label
from nn.data.preprocess.foreground import MIN_FOREGROUND
from nn.data.preprocess.pipeline import Problem, preprocess
from nn.data.preprocess.stroke_width import mean_width
from nn.errors import UserError

SEVEN = [(30, 30), (105, 25), (60, 130)]


def written(points=SEVEN, scale: float = 1.0, pen: int = 14) -> np.ndarray:
    """Points joined by a pen: bright strokes on 0, uint8, 160 × 160 at scale 1."""
    side = round(160 * scale)
    sheet = Image.new("L", (2 * side, 2 * side))
    line = [(2 * scale * x, 2 * scale * y) for x, y in points]
    ImageDraw.Draw(sheet).line(line, 255, round(2 * scale * pen), joint="curve")
    return np.asarray(sheet.resize((side, side), Image.Resampling.BOX))


STROKES = written()
EXPECTED = preprocess(STROKES).image


def difference(one: np.ndarray, other: np.ndarray = EXPECTED) -> float:
    """Mean over the pixels; the seven moved by one pixel differs from itself by 20."""
    return float(np.abs(one.astype(float) - other).mean())


def difference_in_form(one: np.ndarray, other: np.ndarray = EXPECTED) -> float:
    """The same, wherever in pixel 14 the two have their middle: MNIST moves by whole pixels."""
    by_one = (-1, 0, 1)
    moved = [np.roll(one, (down, across), (0, 1)) for down in by_one for across in by_one]
    return min(difference(image, other) for image in moved)


def painted(stroke_color, background_color) -> np.ndarray:
    """The seven in one color on another: (160, 160, channels)."""
    share = STROKES[..., np.newaxis] / 255
    mixed = share * np.array(stroke_color) + (1 - share) * np.array(background_color)
    return np.rint(mixed).astype(np.uint8)


def middle_and_box(image: np.ndarray) -> list[tuple[float, int, int]]:
    """Vertically and horizontally: the center of mass, the first and the last bright pixel."""
    found = []
    for axis in (1, 0):
        lit = np.flatnonzero(image.any(axis=axis))
        mass = image.sum(axis=axis, dtype=float)
        found.append(((mass @ (np.arange(28) + 0.5)) / mass.sum(), int(lit[0]), int(lit[-1])))
    return found


points = st.lists(
    st.tuples(st.integers(0, 159), st.integers(0, 159)), min_size=2, max_size=5, unique=True
)


@given(points=points, pen=st.integers(3, 12))
def test_digits_are_20_pixels_long_with_their_center_of_mass_in_pixel_14(points, pen):
    assume(np.ptp(points, axis=0).max() > 5 * pen)  # else it may be a dot
    image, problem, _ = preprocess(np.pad(written(points, pen=pen), 10))

    assert not problem
    assert image.max() == 255
    down, across = middle_and_box(image)
    assert max(last - first + 1 for _, first, last in (down, across)) in (19, 20)
    for middle, first, last in (down, across):
        # 1/20 for the rounding of pixels; strokes at the edge of the image cannot move further.
        assert 13.95 <= middle < 15.05 or first == 0 or last == 27


def test_a_seven_keeps_its_orientation():
    bar, foot = np.flatnonzero(EXPECTED[9] > 127), np.flatnonzero(EXPECTED[23] > 127)
    assert np.ptp(bar) > 8, "its bar is at the top"
    assert 10 <= foot.min() <= foot.max() <= 13, "its foot is at the bottom, left of the middle"


def test_dark_on_light_gives_the_same_as_light_on_dark():
    assert np.abs(preprocess(255 - STROKES).image.astype(int) - EXPECTED).max() <= 1


@pytest.mark.parametrize(
    "strokes, background",
    [
        ((255, 255, 255), (0, 0, 0)),
        ((20, 30, 160), (255, 255, 255)),
        ((255, 240, 80), (20, 60, 30)),
        ((120, 120, 120), (170, 170, 170)),  # faint
    ],
    ids=["gray", "blue on white", "chalk", "pencil"],
)
def test_colors_and_contrast_do_not_matter(strokes, background):
    image, problem, _ = preprocess(painted(strokes, background))
    assert not problem
    assert difference(image) < 1


@pytest.mark.parametrize("hidden", [0, 255], ids=["black", "white"])
@pytest.mark.parametrize("strokes", [0, 255], ids=["dark strokes", "light strokes"])
def test_transparent_pixels_are_background_whatever_their_color(strokes, hidden):
    color = np.where(STROKES > 0, strokes, hidden).astype(np.uint8)
    rgba = np.stack([color, color, color, STROKES], axis=-1)

    for source in (rgba, Image.fromarray(rgba), Image.fromarray(rgba).convert("LA")):
        assert difference(preprocess(source).image) < 1


@pytest.mark.parametrize("form", ["GIF", "PNG"])
def test_a_palette_with_a_transparent_color_is_supported(form):
    palette = Image.fromarray((STROKES > 127).astype(np.uint8)).convert("P")
    palette.putpalette([0, 0, 0] * 256)  # all black; the background is transparent
    file = io.BytesIO()
    palette.save(file, form, transparency=0)

    image, problem, _ = preprocess(Image.open(file))

    assert not problem
    assert difference(image) < 5


@pytest.mark.parametrize("strokes, background", [(65_535, 0), (8_000, 60_000), (22_000, 41_000)])
def test_16_bit_images_give_the_same_as_8_bit_images(strokes, background):
    gray = background + STROKES / 255 * (strokes - background)
    file = io.BytesIO()
    Image.fromarray(gray.astype(np.uint16)).save(file, "PNG")

    image, problem, _ = preprocess(Image.open(file))

    assert not problem
    assert difference(image) < 1


@given(*[st.integers(0, 110)] * 4)
def test_the_position_of_the_digit_does_not_matter(above, below, left, right):
    shifted = np.pad(STROKES, ((above, below), (left, right)))
    np.testing.assert_array_equal(preprocess(shifted).image, EXPECTED)


@pytest.mark.parametrize("scale", [0.5, 2, 5, 15])
def test_the_size_of_the_image_does_not_matter(scale):
    assert difference_in_form(preprocess(written(scale=scale)).image) < 3


def test_a_photo_of_6_megapixels_is_supported():
    photo = np.full((2000, 3000), 230, np.uint8)
    photo[300:1900, 900:2500] -= (written(scale=10) * 0.8).astype(np.uint8)
    # Its 20 pixels may be cut at other places: in the frame, by up to half a pixel.
    assert difference_in_form(preprocess(photo).image) < 8


def test_background_noise_leaves_no_foreground():
    grain = np.random.default_rng(0).integers(-12, 13, STROKES.shape)
    image = preprocess(np.clip(220 - 0.7 * STROKES + grain, 0, 255).astype(np.uint8)).image
    assert difference(image) < 4
    assert (image[EXPECTED == 0] > 40).sum() == 0


@pytest.mark.parametrize("shape", [(160, 160), (28, 28, 3), (1, 1), (2000, 3000)], ids=str)
@pytest.mark.parametrize("background", [0, 100, 250])
@pytest.mark.parametrize("noise", [0, 5])
def test_an_empty_image_is_blank(shape, background, noise):
    source = background + np.random.default_rng(0).integers(0, noise + 1, shape, np.uint8)
    image, problem, _ = preprocess(source)
    assert problem
    assert not image.any()


def test_a_fully_transparent_image_is_blank():
    rgba = np.random.default_rng(0).integers(0, 256, (40, 40, 4), np.uint8)
    rgba[..., 3] = 0
    assert preprocess(rgba).problem


def test_a_bar_in_8_by_8_pixels_is_supported():
    tiny = np.zeros((8, 8), np.uint8)
    tiny[1:7, 3:5] = 255

    image, problem, _ = preprocess(tiny)

    assert not problem
    (_, top, bottom), (_, left, right) = middle_and_box(image > 127)
    assert bottom - top + 1 in (19, 20)
    assert right - left + 1 in (6, 7)  # 2 of 6 is 6.7 of 20


def test_images_of_mnist_stay_nearly_unchanged(mnist):
    _, handwriting = mnist
    shown = handwriting.images[:500]
    read = np.stack([preprocess(image).image for image in shown])

    assert np.mean((read == shown).all(axis=(1, 2))) > 0.5
    assert difference(read, shown) < 1.2


@pytest.mark.parametrize("pen", [1, 2, 4, 8, 14, 20, 28, 36])
def test_strokes_are_as_wide_as_in_mnist_whatever_the_pen(pen):
    image = preprocess(np.pad(written(scale=2, pen=pen), 20)).image
    assert 1.6 < mean_width(image / np.float32(255)) < 3.8


def test_steps_lead_from_the_foreground_to_the_final_image():
    sheet = 255 - np.pad(written(scale=2, pen=4), 100)

    image, _, steps = preprocess(sheet)

    assert list(steps) == ["foreground", "crop", "stroke_width", "center_of_mass"]
    assert all(step.dtype == np.uint8 and step.max() > 250 for step in steps.values())
    foreground, crop = steps["foreground"], steps["crop"]
    assert foreground.shape[0] == foreground.shape[1] > max(crop.shape) > 20
    assert max(steps["stroke_width"].shape) == 20
    np.testing.assert_array_equal(steps["center_of_mass"], image)
    assert crop.tobytes() in {
        foreground[y : y + len(crop), x : x + crop.shape[1]].tobytes()
        for y in range(len(foreground))
        for x in range(len(foreground[0]))
    }


def test_a_blank_image_has_no_steps():
    assert preprocess(np.zeros((50, 50), np.uint8)).steps == {}


@pytest.mark.parametrize("side", [16, 28, 64, 200, 900])
@pytest.mark.parametrize("kind", ["uniform", "normal", "black and white", "sparse"])
def test_noise_is_blank(side, kind):
    rng = np.random.default_rng(side)
    noise = {
        "uniform": rng.uniform(0, 255, (side, side)),
        "normal": rng.normal(128, 30, (side, side)),
        "black and white": 255 * (rng.random((side, side)) < 0.5),
        "sparse": 255 * (rng.random((side, side)) < 0.05),
    }[kind]
    assert preprocess(noise.clip(0, 255).astype(np.uint8)).problem


@given(
    side=st.integers(20, 400),
    radius=st.floats(0.5, 40),
    position=st.tuples(st.floats(0.2, 0.8), st.floats(0.2, 0.8)),
    dark=st.booleans(),
)
def test_a_dot_is_blank(side, radius, position, dark):
    sheet = Image.new("L", (side, side))
    x, y = (at * side for at in position)
    radius = min(radius, side / 6)
    ImageDraw.Draw(sheet).ellipse((x - radius, y - radius, x + radius, y + radius), 255)
    assert preprocess(255 - np.asarray(sheet) if dark else np.asarray(sheet)).problem


def photo_with(disturbance: str) -> np.ndarray:
    """A dark seven in a photo of light paper with a disturbance: (320, 320)."""
    light = np.linspace(0.6, 0.95, 320) * np.linspace(1, 0.85, 320)[:, np.newaxis]
    y, x = np.mgrid[:320, :320]
    background = np.ones((320, 320))
    rng = np.random.default_rng(0)
    if disturbance in ("ruled", "squared"):
        background[(y + 0.02 * x + 9) % 36 < 2] = 0.6
    if disturbance == "squared":
        background[(x - 0.02 * y + 9) % 36 < 2] = 0.6
    if disturbance == "frame":
        background[40:280, 40:280] = 0.3
        background[44:276, 44:276] = 1
    if disturbance == "table":
        background[x + 0.1 * y < 40] = 0.2
    if disturbance == "specks":
        for top, left in rng.integers(0, 316, (25, 2)):
            background[top : top + 3, left : left + 3] = 0.3
    if disturbance == "vignette":
        light *= 1 - 0.5 * (((x - 160) ** 2 + (y - 160) ** 2) / 51200) ** 1.5
    photo = 255 * light * background * (1 - 0.75 / 255 * np.pad(written(pen=9), 80))
    return np.clip(photo + rng.normal(0, 4, (320, 320)), 0, 255).astype(np.uint8)


@pytest.mark.parametrize(
    "disturbance", ["none", "ruled", "squared", "frame", "table", "specks", "vignette"]
)
@pytest.mark.parametrize("light_strokes", [False, True], ids=["dark strokes", "light strokes"])
def test_the_background_and_noise_do_not_matter(disturbance, light_strokes):
    photo = photo_with(disturbance)
    if light_strokes:
        photo = 255 - photo
    alone = preprocess(written(pen=9)).image

    image = preprocess(photo).image

    assert difference_in_form(image, alone) < 10


def test_specks_around_a_digit_give_a_digit_or_a_blank_image():
    """A wide 3 may be taken for a frame; then only specks are left, too faint to be scaled."""
    three = 255 - written([(30, 30), (130, 20), (75, 75), (125, 140), (30, 140)], 2.5, pen=8)
    for seed in range(8):
        image = three.copy()
        specks = np.random.default_rng(seed).integers(0, 400, (2, 60))
        image[tuple(specks)] = 0
        result = preprocess(image)
        assert result.image.max() == (0 if result.problem else 255)


FIVE = [(140, 5), (15, 5), (15, 70), (110, 75), (140, 110), (110, 155), (10, 150)]


@pytest.mark.parametrize("dark", [True, False], ids=["dark strokes", "light strokes"])
def test_a_tight_scan_whose_strokes_touch_every_edge_is_supported(dark):
    roomy = written(FIVE, pen=16)
    (top, bottom), (left, right) = (np.flatnonzero(roomy.any(axis))[[0, -1]] for axis in (1, 0))
    scan = Image.fromarray(roomy[top : bottom + 1, left : right + 1]).resize((16, 16))
    tight = np.asarray(scan)
    assert all(tight[side].max() > 100 for side in np.s_[[0], [-1], (..., 0), (..., -1)])

    image, problem, _ = preprocess(255 - tight if dark else tight)

    assert not problem
    in_space = preprocess(np.pad(tight, 10)).image
    assert np.corrcoef(image.ravel(), in_space.ravel())[0, 1] > 0.95


@pytest.mark.parametrize("hidden", [0, 255], ids=["black", "white"])
@pytest.mark.parametrize("alpha", [0, 100])
def test_a_transparent_rim_around_a_sheet_is_not_its_background(hidden, alpha):
    """As where an editor smooths the edges of a screenshot."""
    sheet = np.repeat(255 - STROKES[..., np.newaxis], 4, axis=2)
    sheet[..., 3] = 255
    for rim in np.s_[:1], np.s_[-1:], np.s_[:, :1], np.s_[:, -1:]:
        sheet[rim] = (hidden, hidden, hidden, alpha)

    image, problem, _ = preprocess(sheet)

    assert not problem
    assert difference(image) < 1


def five_with_a_bar(level: float = 1.0) -> np.ndarray:
    """A five whose bar is a separate stroke, at this share of the rest's strength: (160, 160)."""
    bowl = written([(40, 45), (35, 85), (95, 80), (110, 110), (85, 145), (30, 140)], pen=10)
    bar = written([(45, 22), (115, 22)], pen=10)
    return np.maximum(bowl, np.rint(level * bar).astype(np.uint8))


def test_a_faint_separate_stroke_is_kept():
    faint, strong = (
        preprocess(five_with_a_bar(level)).steps["stroke_width"] > 60 for level in (0.58, 1)
    )
    assert faint.shape == strong.shape
    assert np.corrcoef(faint.ravel(), strong.ravel())[0, 1] > 0.9


def test_the_bar_at_the_edge_of_a_tight_small_scan_is_kept():
    scan = np.zeros((16, 16), np.uint8)
    scan[0, 3:15] = 255  # the bar
    scan[4:9, 1:3] = scan[7:9, 1:13] = scan[8:15, 12:14] = scan[14:, 1:13] = 255

    tight, in_space = preprocess(scan), preprocess(np.pad(scan, 8))

    assert tight.image[:8].max() > 200
    assert np.corrcoef(tight.image.ravel(), in_space.image.ravel())[0, 1] > 0.95


@pytest.mark.parametrize("dark", [True, False], ids=["dark strokes", "light strokes"])
def test_a_1_stretched_to_the_width_of_a_small_scan_is_not_taken_for_its_background(dark):
    y, x = np.mgrid[:16, :16]
    scan = np.where((x >= y / 4) & (x < 12 + y / 4), 255, 0).astype(np.uint8)

    image, problem, _ = preprocess(255 - scan if dark else scan)

    assert not problem
    assert label(image > 127)[1] == 1
    (_, top, bottom), _ = middle_and_box(image > 127)
    assert bottom - top + 1 in (19, 20)
    assert image[top].argmax() < image[bottom].argmax(), "it leans to the left"


def test_a_weak_stroke_on_grainy_paper_is_kept_however_much_the_strokes_fill():
    rng = np.random.default_rng(0)
    strokes = np.zeros((60, 60))
    strokes[2:58, 4:34] = 1  # fills half of the image
    strokes[24:32, 34:57] = 0.42
    photo = (230 - 160 * strokes + rng.normal(0, 8, strokes.shape)).clip(0, 255)

    foreground = preprocess(photo.astype(np.uint8)).steps["foreground"]

    assert np.median(foreground[26:30, 38:54]) > 255 * MIN_FOREGROUND


@pytest.mark.parametrize("side", [40, 100, 280, 600])
@pytest.mark.parametrize("light", ["across", "down", "diagonal", "curved", "soft", "central"])
@pytest.mark.parametrize("grain", [0, 3])
def test_a_page_on_which_only_the_light_changes_is_blank(side, light, grain):
    y, x = np.mgrid[:side, :side] / side
    page = {
        "across": x, "down": y, "diagonal": (x + y) / 2, "curved": x**2, "soft": 0.3 + 0.4 * x,
        "central": 1 - (x - 0.5) ** 2 - (y - 0.5) ** 2,
    }[light]  # fmt: skip
    page = 255 * page + np.random.default_rng(0).normal(0, grain, page.shape)
    assert preprocess(page.clip(0, 255).astype(np.uint8)).problem is Problem.BLANK


@pytest.mark.parametrize("contrast", [1, 0.4])
@pytest.mark.parametrize("light", ["even", "uneven"])
def test_a_blurred_digit_is_not_taken_for_a_page_without_strokes(contrast, light):
    strokes = Image.fromarray(np.pad(written(pen=8), 20)).resize((400, 400))
    blurred = np.asarray(strokes.filter(ImageFilter.GaussianBlur(14))) / 255
    falling = np.linspace(1, 0.75, 400) if light == "uneven" else 1

    image, problem, _ = preprocess((255 * falling * (1 - contrast * blurred)).astype(np.uint8))

    assert not problem
    assert np.corrcoef(image.ravel(), EXPECTED.ravel())[0, 1] > 0.6


def test_a_stroke_broken_into_dots_is_joined():
    sheet = Image.new("L", (300, 300))
    for share in np.linspace(0, 1, 14):
        x, y = 220 - 120 * share, 40 + 220 * share
        ImageDraw.Draw(sheet).ellipse((x - 4, y - 4, x + 4, y + 4), 255)

    image = preprocess(np.asarray(sheet)).image

    assert label(np.asarray(sheet) > 64)[1] == 14
    assert label(image > 64)[1] == 1


@pytest.mark.parametrize(
    "array",
    [
        STROKES / 255,
        STROKES.astype(np.float32),
        STROKES.astype(np.uint16) * 257,
        STROKES.astype(np.int64) - 1000,
        (STROKES / 255 - 0.5).astype(np.float16),
        STROKES[..., np.newaxis],
        np.asfortranarray(STROKES),
    ],
    ids=["0 to 1", "0 to 255", "16 bits", "negative", "half", "one channel", "Fortran's order"],
)
def test_arrays_are_scaled_by_the_range_of_their_values(array):
    assert difference(preprocess(array).image) < 0.5


def test_booleans_are_foreground_and_background():
    expected = preprocess(np.where(STROKES > 127, np.uint8(255), np.uint8(0))).image
    for source in (STROKES > 127, Image.fromarray(STROKES > 127)):
        assert difference(preprocess(source).image, expected) < 0.5


@pytest.mark.parametrize(
    "nothing",
    [
        None,
        "7.png",
        [[0, 255]],
        np.zeros(5),
        np.zeros((0, 4)),
        np.zeros((4, 4, 5)),
        np.zeros((2, 4, 4, 3)),
        np.array([["a"]]),
        np.array([[1 + 1j]]),
        np.array([[object()]]),
        np.array([[np.nan, 0]]),
        np.array([[np.inf, 0]]),
        np.array([[-1e308, 1e308]]),
        Image.new("L", (0, 5)),
    ],
    ids=lambda nothing: repr(nothing).split(" at ")[0],  # the same in every process
)
def test_anything_but_an_image_is_a_user_error(nothing):
    with pytest.raises(UserError, match="Expected an image"):
        preprocess(nothing)


def test_a_truncated_file_is_a_user_error():
    file = io.BytesIO()
    Image.effect_noise((200, 200), 50).save(file, "PNG")
    cut = Image.open(io.BytesIO(file.getvalue()[:5000]))
    with pytest.raises(UserError, match="cannot be read"):
        preprocess(cut)


MODES = "1 L P PA LA RGB RGBA RGBX RGBa CMYK YCbCr HSV I F I;16"


@pytest.mark.parametrize("mode", MODES.split())
def test_every_mode_of_pillow_is_supported(mode):
    sheet = Image.fromarray(255 - STROKES)
    if mode in ("PA", "RGBX", "RGBA", "RGBa", "CMYK", "YCbCr", "HSV"):
        sheet = sheet.convert("RGBA" if mode == "RGBa" else "RGB" if mode != "PA" else "P")

    image, problem, _ = preprocess(sheet.convert(mode))

    assert not problem
    assert difference_in_form(image) < 8


shapes = st.one_of(
    st.tuples(st.integers(1, 40), st.integers(1, 40)),
    st.tuples(st.integers(1, 40), st.integers(1, 40), st.sampled_from([3, 4])),
    st.sampled_from([(1, 1), (1, 500), (500, 1), (2, 500, 4)]),
)


@example(np.array([[0, 26]], np.uint8))
@example(np.full((64, 64), 255, np.uint8) - np.pad(np.full((30, 30), 255, np.uint8), 17))
@given(arrays(np.uint8, shapes))
def test_any_image_gives_28_by_28_and_is_not_modified(source):
    before = source.copy()

    image, problem, _ = preprocess(source)

    assert (image.shape, image.dtype) == ((28, 28), np.uint8)
    assert image.max() == (0 if problem else 255)
    np.testing.assert_array_equal(source, before)


@given(
    arrays(
        st.one_of(scalar_dtypes(), st.just(np.dtype(object))),
        array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=12),
    )
)
def test_any_array_is_preprocessed_or_a_user_error(array):
    try:
        image, problem, _ = preprocess(array)
    except UserError:
        return
    assert image.max() == (0 if problem else 255)
