"""Names of others on our pages."""

import string

from pages.common.text import plain


def test_every_character_that_markdown_may_read_is_escaped_and_the_rest_is_not():
    assert plain(string.punctuation) == "".join(f"\\{c}" for c in string.punctuation)
    assert plain("Lauf 7 é") == "Lauf 7 é"
