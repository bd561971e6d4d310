from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nn.data.formats import kaggle_csv
from nn.errors import UserError

ZEROS = ",0" * 784
HEADER = "label," + ",".join(f"pixel{n}" for n in range(784)) + "\n"


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("table") / "some.csv"


def read(path, text):
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return kaggle_csv.read(path, iter)


@pytest.mark.parametrize("header", [True, False])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_written_images_are_read_back_with_or_without_a_header(path, noise, header, end):
    written = noise(2001)
    written.images[:3] = np.array([0, 9, 255]).reshape(3, 1, 1)
    kaggle_csv.write(written, path, iter)
    lines = path.read_text().splitlines()
    assert lines[0] + "\n" == HEADER and len(lines) == 2002
    assert lines[1] == f"{written.labels[0]}{ZEROS}"

    found = read(path, end.join(lines[not header :]) + end * header)
    np.testing.assert_array_equal(found.images, written.images, strict=True)
    np.testing.assert_array_equal(found.labels, written.labels, strict=True)


@pytest.mark.parametrize(
    "text",
    [
        f"7{ZEROS}",
        f"\ufeff7{ZEROS}\n",
        f"\n\n7{ZEROS}\n\n",
        f"label,{','.join(map(str, range(784)))}\n7{ZEROS}\n",  # as pandas numbers columns
        f" 7 {ZEROS.replace(',', ' , ')}\n",
        f"007{ZEROS}\n",
    ],
    ids=["no end", "byte order mark", "empty lines", "numbers as header", "spaces", "leading 0"],
)
def test_common_variations_of_the_format_are_read(path, text):
    found = read(path, text)
    assert found.labels.tolist() == [7] and not found.images.any()


GOOD = f"1{ZEROS}\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", " has no images"),
        ("\n\n", " has no images"),
        (HEADER, " has no images"),
        (GOOD + f"2{ZEROS},0\n", ", line 2: expected 785 numbers .* got 786"),
        (HEADER + GOOD + "3,0\n", ", line 3: expected 785 numbers .* got 2"),
        ("1,2\n", ", line 1: expected 785 numbers .* got 2"),
        (GOOD + "\n" + "x\n", ", line 3: expected 785 numbers .* got 1"),
        (GOOD + HEADER, ", line 2, column 1: expected a label from 0 to 9, got 'label'"),
        (GOOD + f"10{ZEROS}\n", ", line 2, column 1: expected a label from 0 to 9, got '10'"),
        (GOOD + f"-1{ZEROS}\n", ", line 2, column 1: .* got '-1'"),
        (GOOD + f"1.5{ZEROS}\n", ", line 2, column 1: .* got '1.5'"),
        (GOOD + f"nan{ZEROS}\n", ", line 2, column 1: .* got 'nan'"),
        (GOOD + f"1{ZEROS[:-1]}256\n", ", line 2, column 785: .* from 0 to 255, got '256'"),
        (GOOD + f"1{ZEROS[:-1]}\n", ", line 2, column 785: .* got ''"),
        (GOOD + f"1{ZEROS[:-1]}0x1\n", ", line 2, column 785: .* got '0x1'"),
        (GOOD + f"1{ZEROS[:-1]}" + "9" * 5000 + "\n", ", line 2, column 785: .* got '9{20}'"),
        (GOOD * 3000 + "2\n" + GOOD * 10, ", line 3001: expected 785"),
        ("0" * 100_000, ", line 1: .* more than 65,536 bytes"),
        (GOOD + "\0" * 100_000, ", line 2: .* more than 65,536 bytes"),
        (f"1;{ZEROS[1:].replace(',', ';')}\n" * 2, ", line 2: expected 785 numbers .* got 1"),
        (GOOD.encode("utf-16"), ", line 2: expected 785"),
        (b"\x89PNG\r\n\x1a\n" + bytes(99), ", line 2: expected 785"),
    ],
)  # fmt: skip
def test_an_invalid_table_is_rejected_with_its_name_and_first_invalid_line(path, text, message):
    with pytest.raises(UserError, match=rf"some\.csv{message}.*\.$"):
        read(path, text)


def test_a_missing_file_is_named_in_the_error(tmp_path):
    for nothing in (tmp_path / "absent.csv", tmp_path):
        with pytest.raises(UserError, match=str(nothing)):
            kaggle_csv.read(nothing, iter)


cells = st.sampled_from(["0", "255", "256", "-1", "+5", " 3 ", "", "x", "1e0", "²", '"1"', "1_0"])


@given(
    st.one_of(
        st.binary(max_size=200),
        st.text(max_size=100).map(str.encode),
        st.tuples(cells, cells, st.integers(780, 784)).map(
            lambda t: f"{t[0]}{',0' * (t[2] - 1)},{t[1]}\n".encode()
        ),
        st.tuples(st.binary(max_size=9), st.sampled_from([GOOD, HEADER])).map(
            lambda t: t[1].encode() + t[0] + GOOD.encode()
        ),
    )
)
def test_any_bytes_give_a_dataset_or_a_user_error(path, data):
    try:
        found = read(path, data)
    except UserError as error:
        assert str(path) in str(error)
    else:
        assert found.images.shape == (len(found), 28, 28) and found.labels.max() <= 9
