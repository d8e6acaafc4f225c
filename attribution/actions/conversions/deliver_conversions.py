from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from attribution.destinations import Face
from attribution.domain.conversions import states
from stratum.platforms.http import NoAnswer, Refused, TryLater
from stratum.platforms.meta_errors import Stop

MOST_REQUESTS = 200
TOO_OLD = 2804003
REST_AFTER_SILENCE = 60.0


@dataclass(frozen=True)
class Parcel:
    """An event of the outbox, by its key, and the body that goes out for it."""

    event: int
    body: dict[str, Any]


@dataclass(frozen=True)
class Verdict:
    """What became of some parcels. `wait`: seconds for which the destination is left alone; `stop`: until a person looks."""

    parcels: Sequence[Parcel]
    status: str
    reason: str = ""
    request_id: str = ""
    wait: float = 0.0
    stop: bool = False


def deliver(face: Face, parcels: Sequence[Parcel]) -> Iterator[Verdict]:
    """Sends parcels in one request and tells what became of each, as soon as it is known.

    A platform refuses a request as a whole and does not say which event is to blame. Nothing of it was processed then, so its halves
    are sent, down to the one bad event: about 20 requests for one in a thousand. What was not answered is unknown and not sent again;
    what never went out goes back into the queue.
    """
    waiting, requests = [parcels], 0
    while waiting:
        part, rest = waiting.pop(0), [one for later in waiting for one in later]
        if requests == MOST_REQUESTS:
            yield Verdict([*part, *rest], states.QUEUED, "Not sent yet: too many events of one round were refused.", wait=REST_AFTER_SILENCE)  # fmt: skip
            return
        requests += 1
        try:
            request_id = face.send([parcel.body for parcel in part])
        except Stop as problem:
            yield Verdict([*part, *rest], states.QUEUED, f"Not sent: {problem}.", stop=True)
            return
        except TryLater as problem:
            yield Verdict([*part, *rest], states.QUEUED, f"Not sent yet: {problem}.", wait=problem.seconds)
            return
        except NoAnswer as problem:
            yield Verdict(part, states.UNKNOWN, f"Nobody knows whether it arrived: {problem}.", wait=REST_AFTER_SILENCE)
            if rest:
                yield Verdict(rest, states.QUEUED, "Not sent yet: the platform did not answer.")
            return
        except Refused as problem:
            if len(part) > 1:
                middle = len(part) // 2
                waiting[:0] = [part[:middle], part[middle:]]
            else:
                status = states.EXPIRED if problem.subcode == TOO_OLD else states.DEAD
                yield Verdict(part, status, f"The platform refused it: {problem}.")
        else:
            yield Verdict(part, face.sent_is, request_id=request_id)
