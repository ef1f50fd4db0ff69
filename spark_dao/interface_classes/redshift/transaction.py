"""One transaction that happens exactly once, whatever the connection does."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable

from spark_dao.errors import CommitError, InterfaceError
from spark_dao.interface_classes.redshift.connection import ConnectionLost, ServerRefusal, Session, connect
from spark_dao.interface_classes.redshift.settings import RedshiftSettings

_LOGGER = logging.getLogger(__name__)
MAXIMUM_ATTEMPTS = 6
RECONNECT_ATTEMPTS = 5
_FIRST_PAUSE_SECONDS = 0.2
_LONGEST_PAUSE_SECONDS = 5.0
_CHANCE = random.SystemRandom()


class OutcomeUnknown(CommitError):
    """The connection was lost around COMMIT, and the warehouse could not be asked what became of it."""


def run_once(
    settings: RedshiftSettings,
    work: Callable[[Session], None],
    *,
    committed: Callable[[Session], bool],
) -> None:
    """Run work and commit it.

    A transaction that lost against a concurrent one (serialization failure 1023) is run again, a few times; nothing
    else is. When the connection ends during COMMIT, a new one asks whether the work was committed.

    Args:
        settings: The warehouse.
        work: What to do in the transaction; run again from the start after a serialization failure.
        committed: Says in a fresh session, waiting for the lost transaction's end, whether it was committed.

    Raises:
        OutcomeUnknown: Whether it was committed could not be found out.
        InterfaceError: Whatever the work raised; nothing was committed.
    """
    for attempt in range(1, MAXIMUM_ATTEMPTS + 1):
        session = connect(settings)
        try:
            work(session)
            try:
                session.commit()
            except ConnectionLost as lost:
                _resolve(settings, committed, lost)
            return
        except ServerRefusal as refusal:
            if not refusal.is_serialization_failure or attempt == MAXIMUM_ATTEMPTS:
                raise
            _LOGGER.info("transaction on %s ran into a concurrent one, attempt %d", settings.where, attempt)
        finally:
            session.close()
        time.sleep(pause_before(attempt))


def pause_before(attempt: int) -> float:
    """Give the seconds to wait after a failed attempt: doubling, bounded, and spread by chance.

    Example:
        >>> 0.1 <= pause_before(1) <= 0.2
        True
    """
    longest = min(_FIRST_PAUSE_SECONDS * 2 ** (attempt - 1), _LONGEST_PAUSE_SECONDS)
    return _CHANCE.uniform(longest / 2, longest)


def _resolve(settings: RedshiftSettings, committed: Callable[[Session], bool], lost: ConnectionLost) -> None:
    """Find out what became of a COMMIT that nobody answered."""
    failure: InterfaceError = lost
    for attempt in range(1, RECONNECT_ATTEMPTS + 1):
        try:
            session = connect(settings)
            try:
                found = committed(session)
            finally:
                session.close()
        except InterfaceError as error:
            failure = error
            time.sleep(pause_before(attempt))
            continue
        if found:
            return
        raise ConnectionLost(f"{lost.message}; the transaction was rolled back")
    raise OutcomeUnknown(
        f"the connection was lost during COMMIT and {settings.where} cannot be asked whether the batch was committed "
        f"({failure.message}); the staged files are kept, commit the same batch again"
    )
