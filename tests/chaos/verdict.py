"""What a run that killed processes must have kept, as one pure function over the outbox, the letters that arrived and what was acknowledged."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

from matcher.links import token_hash
from matcher.worker import BATCH

ONE_EACH = (("newcomer_confirmation", "newcomer"), ("volunteer_confirmation", "volunteer"), ("offer_accepted", "volunteer"))
"""Of these each referral with company has exactly one, and one keyworker_notice that it is planned."""
SAID = {"yes": {"accepted"}, "no": {"declined"}, "another_day": {"not_now"}}


@dataclass(frozen=True)
class Facts:
    """The rows of the end, the sink's ledger, and the history of what people were told had been done."""

    letters: list[dict[str, Any]] = field(default_factory=list)
    referrals: dict[str, dict[str, Any]] = field(default_factory=dict)
    offers: dict[str, str] = field(default_factory=dict)
    ledger: list[dict[str, Any]] = field(default_factory=list)
    history: list[dict[str, Any]] = field(default_factory=list)
    beside: int = 0
    kills: int = 0
    workers: int = 1

    @property
    def extra_copies(self) -> int:
        """Copies beyond the first of each letter."""
        return len(self.ledger) - len({line["message_id"] for line in self.ledger})

    @property
    def figures(self) -> str:
        """One line for a report."""
        sent = sum(letter["state"] == "sent" for letter in self.letters)
        told = Counter(line["what"] for line in self.history)
        return (
            f"{told['referral']} referrals acknowledged, {told['yes']} yeses, {self.kills} kills, {sent} letters sent, "
            f"{len({line['message_id'] for line in self.ledger})} arrived, {self.extra_copies} extra copies"
        )


def faults_of(facts: Facts) -> list[str]:
    """Every promise that was not kept, in words; an empty list is what a run must end with."""
    return [*_lost(facts), *_unlike(facts), *_unkept_words(facts), *_not_one_each(facts)]


def _lost(facts: Facts) -> list[str]:
    """Letters that the outbox calls sent and nobody got; letters nobody sent; letters without an end."""
    arrived = {line["message_id"] for line in facts.ledger}
    sent = {letter["message_id"] for letter in facts.letters if letter["state"] == "sent"}
    ended = {"sent", "cancelled", "bounced", "expired"}
    return [
        *(f"lost: {message_id}" for message_id in sorted(sent - arrived)),
        *(f"arrived and was not sent: {message_id}" for message_id in sorted(arrived - sent)),
        *(f"has not ended: {letter['kind']} {letter['state']}" for letter in facts.letters if letter["state"] not in ended),
        *(
            f"was not delivered: {letter['kind']} {letter['state']}"
            for letter in facts.letters
            if letter["state"] in ("bounced", "expired")
        ),
    ]


def _unlike(facts: Facts) -> list[str]:
    """Copies with other bytes than were frozen, envelopes that are not for one person, and more copies than kills can explain."""
    frozen = {letter["message_id"]: letter["sha256"] for letter in facts.letters}
    wording: dict[str, set[str]] = defaultdict(set)
    for line in facts.ledger:
        wording[line["message_id"]].add(line["sha256"])
    most = facts.kills * facts.workers * BATCH
    return [
        *(f"{len(shas)} wordings of {message_id}" for message_id, shas in wording.items() if len(shas) > 1),
        *(f"not the frozen bytes: {message_id}" for message_id, shas in wording.items() if shas != {frozen.get(message_id)}),
        *(f"{len(line['to'])} recipients in one envelope" for line in facts.ledger if len(line["to"]) != 1),
        *([f"{facts.extra_copies} extra copies after {facts.kills} kills"] if facts.extra_copies > most else []),
    ]


def _unkept_words(facts: Facts) -> list[str]:
    """What somebody was told had been recorded, and is not so."""
    found = []
    for line in facts.history:
        if line["what"] == "referral" and line["id"] not in facts.referrals:
            found.append(f"an acknowledged referral is gone: {line['id']}")
        elif line["what"] in SAID:
            state = facts.offers.get(token_hash(line["path"].rpartition("/")[2]).hex())
            if state not in SAID[line["what"]]:
                found.append(f"an acknowledged {line['what']} is {state}")
    return found


def _not_one_each(facts: Facts) -> list[str]:
    """Each referral ends with company, and each party with exactly one letter of each kind that is due to them."""
    identities = Counter((one["about_id"], one["party_id"], one["kind"], one["occasion"], one["revision"]) for one in facts.letters)
    written: Counter[tuple[str, str]] = Counter()
    for letter in facts.letters:
        if letter["state"] == "sent":
            written[letter["referral_id"], letter["kind"]] += 1
    found = [f"written twice: {identity}" for identity, times in identities.items() if times > 1]
    for referral_id, referral in facts.referrals.items():
        if not referral["confirmed"]:
            found.append(f"a referral is {referral['state']}")
            continue
        for kind in (*(kind for kind, _ in ONE_EACH), "keyworker_notice"):
            if written[referral_id, kind] != 1:
                found.append(f"{written[referral_id, kind]} times {kind} for {referral_id}")
    return found
