"""Errors that are the user's to mend: one clear line, never a traceback."""

EXIT_INTERRUPTED = 130  # after Ctrl-C, as shells have it
EXIT_TERMINATED = 143  # after SIGTERM, likewise
EXIT_UNREAD = 141  # after a write to who reads no more, likewise
EXIT_PREEMPTED = 75  # "try again later": a launcher starts the same command again


class UserError(Exception):
    """Something the person who runs the program can put right.

    The message is one line: what was wrong (with the value), what is allowed and
    what to do. Command lines print it after ``error:`` and exit with `exit_code`.
    """

    exit_code = 1


class ConfigError(UserError):
    """A config, budget, data set or work folder that cannot be used as given."""

    exit_code = 2


class UnknownFieldError(ConfigError):
    """A setting that this version of the package does not have."""


class ImageError(UserError):
    """A file that cannot be read as a photograph, or a photograph that cannot be written."""


class PixelLimitError(ImageError):
    """A photograph of more pixels than are allowed; it was not decoded."""


class HintError(UserError):
    """A hint, or a file of hints, that does not fit the image.

    Attributes:
        field: the part of a hint that is wrong, such as `reach`; empty where it is no single one.
    """

    def __init__(self, message: str, field: str = "") -> None:
        """Keeps the message and the field."""
        super().__init__(message)
        self.field = field


class DataError(UserError):
    """A data set that is missing, empty or too damaged to use."""


class CheckpointError(UserError):
    """A checkpoint that is missing, damaged or of another model."""


class DamagedError(CheckpointError):
    """A file of a run whose content is damaged, which reading it again does not change."""
