"""Finds a secret in whatever an error, its chain, its frames' module or a log could show of it."""

import logging
import traceback

from attrs import frozen


def told_by(error):
    """All that an exception can be made to tell: its texts, its attributes, its chain, its formatted traceback."""
    texts, waiting, seen = [], [error], set()
    while waiting:
        one = waiting.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        texts += [str(one), repr(one), repr(one.args), repr(vars(one))]
        waiting += [one.__cause__, one.__context__]
    texts.append("".join(traceback.format_exception(error)))
    return "\n".join(texts)


def chain_of(error):
    """The exceptions behind an error, its own not among them."""
    found, one = [], error.__cause__ or error.__context__
    while one is not None:
        found.append(one)
        one = one.__cause__ or one.__context__
    return found


@frozen
class Log:
    """All records of all loggers, down to the least important, while the block lasts."""

    records: list

    @property
    def text(self):
        """What they say, with whatever they were given."""
        return "\n".join(
            f"{record.getMessage()} {record.args!r} {record.exc_info!r}" for record in self.records
        )


class listening(logging.Handler):  # noqa: N801 - a context manager
    """``with listening() as log``: every record of every logger."""

    def __init__(self):
        super().__init__(logging.NOTSET)
        self.log = Log([])

    def emit(self, record):
        self.log.records.append(record)

    def __enter__(self):
        root = logging.getLogger()
        self._level = root.level
        self._levels = {
            name: logger.level
            for name, logger in root.manager.loggerDict.items()
            if isinstance(logger, logging.Logger)
        }
        for name in self._levels:
            logging.getLogger(name).setLevel(logging.NOTSET)
        root.setLevel(1)
        root.addHandler(self)
        return self.log

    def __exit__(self, *_error):
        root = logging.getLogger()
        root.removeHandler(self)
        root.setLevel(self._level)
        for name, level in self._levels.items():
            logging.getLogger(name).setLevel(level)
