"""The errors for what a user can correct. Their messages are shown to the user unchanged."""


class UserError(ValueError):
    """The message says what is wrong, what was expected, what was found and what to do next."""


class FieldError(UserError):
    """A field of a RunSpec has a value that is not allowed; the message begins with its name."""

    def __init__(self, field: str, rule: str) -> None:
        """rule: the message without the field's name, "must be above 0; got 0"."""
        super().__init__(f"{field} {rule}")
        self.field, self.rule = field, rule
