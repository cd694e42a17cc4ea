"""Teeth of the verdict on runs that kill processes: each way to fail is found, in facts that are otherwise well; and wrong workers are caught by it."""

import hashlib
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from matcher.links import token_hash
from matcher.transport import open_transport
from tests.chaos.verdict import Facts, faults_of
from tests.chaos.wrong_workers import MarksFirst, WritesAnew
from tests.conftest import TestDatabase
from tests.sink import read_ledger
from tests.smtp_faults import NO_FAULT, At, Fault, FaultServer, Kind, running
from tests.stage import set_stage

KINDS = ("offer", "offer_accepted", "newcomer_confirmation", "volunteer_confirmation", "keyworker_notice")
TOKEN = "t" * 43


def well() -> Facts:
    """One referral with company, its five letters, each arrived once."""
    letters = [
        {
            "id": kind,
            "kind": kind,
            "about_id": f"about {kind}",
            "party_id": "party",
            "party_kind": "volunteer",
            "occasion": "",
            "revision": 1,
            "message_id": f"<{kind}>",
            "state": "sent",
            "attempts": 1,
            "sha256": hashlib.sha256(kind.encode()).hexdigest(),
            "referral_id": "r",
        }
        for kind in KINDS
    ]
    return Facts(
        letters=letters,
        referrals={"r": {"id": "r", "state": "matched", "confirmed": True}},
        offers={token_hash(TOKEN).hex(): "accepted"},
        ledger=[{"message_id": one["message_id"], "sha256": one["sha256"], "to": ["tom@members.example"]} for one in letters],
        history=[{"what": "referral", "id": "r"}, {"what": "yes", "path": f"/answer/{TOKEN}"}],
        kills=1,
    )


def changed(change: Callable[[Facts], Any]) -> Facts:
    facts = deepcopy(well())
    made = change(facts)
    return made if isinstance(made, Facts) else facts


def test_facts_that_are_well_have_no_fault() -> None:
    assert faults_of(well()) == []
    copied = changed(lambda facts: facts.ledger.append(dict(facts.ledger[0])))
    assert faults_of(copied) == [] and copied.extra_copies == 1, "one more copy of the same bytes after a kill is what was promised"


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (lambda facts: facts.ledger.pop(2), "lost: "),
        (lambda facts: facts.letters.pop(0), "arrived and was not sent"),
        (lambda facts: facts.letters[0].update(state="held"), "has not ended"),
        (lambda facts: facts.letters[0].update(state="expired"), "was not delivered"),
        (lambda facts: facts.ledger.append(facts.ledger[0] | {"sha256": "other"}), "2 wordings of"),
        (lambda facts: facts.ledger[0].update(sha256="other"), "not the frozen bytes"),
        (lambda facts: facts.ledger[0]["to"].append("eve@example.org"), "2 recipients"),
        (lambda facts: replace(facts, ledger=[*facts.ledger, facts.ledger[0]], kills=0), "1 extra copies after 0 kills"),
        (lambda facts: facts.referrals.clear(), "an acknowledged referral is gone"),
        (lambda facts: facts.offers.update({token_hash(TOKEN).hex(): "sent"}), "an acknowledged yes is sent"),
        (lambda facts: facts.letters.append(facts.letters[0] | {"message_id": "<twice>", "state": "cancelled"}), "written twice"),
        (
            lambda facts: facts.letters.append(facts.letters[2] | {"occasion": "more", "message_id": "<more>", "state": "sent"}),
            "2 times newcomer",
        ),
        (lambda facts: facts.letters[4].update(state="cancelled"), "0 times keyworker_notice"),
        (lambda facts: facts.referrals["r"].update(confirmed=False, state="needs_person"), "a referral is needs_person"),
    ],
)
def test_each_way_to_fail_is_found(change: Callable[[Facts], Any], found: str) -> None:
    faults = faults_of(changed(change))
    assert any(fault.startswith(found) for fault in faults), faults


async def copies_by(kind: type, database: TestDatabase, folder: Path) -> tuple[list[bytes], str]:
    """An invitation whose first attempt ends in the unknown, sent by a worker of this kind: what arrived, and how it ended."""
    server = FaultServer(Fault(At.END, Kind.CLOSE))
    async with set_stage(database, folder) as stage, running(server) as port:
        transport = open_transport(f"smtp://127.0.0.1:{port}", our_name="example.org")
        stage.worker = kind(stage.db, stage.config, transport, clock=lambda: stage.now)
        await stage.world.volunteer("Tom")
        await stage.begin(await stage.world.referral())
        server.fault = NO_FAULT
        await stage.pass_time(seconds=55)
        await transport.close()
        return server.arrived, str(await stage.one("SELECT state FROM letters WHERE kind = 'offer'"))


async def test_a_worker_that_writes_letters_anew_is_caught_by_their_bytes(database: TestDatabase, tmp_path: Path) -> None:
    arrived, state = await copies_by(WritesAnew, database, tmp_path)
    assert state == "sent" and len(arrived) == 2
    shas = [hashlib.sha256(raw).hexdigest() for raw in arrived]
    ledger = [well().ledger[0] | {"sha256": sha} for sha in shas]
    assert any(fault.startswith("2 wordings of") for fault in faults_of(replace(well(), ledger=[*well().ledger[1:], *ledger])))


async def test_a_worker_that_marks_first_never_tries_again(database: TestDatabase, tmp_path: Path) -> None:
    arrived, state = await copies_by(MarksFirst, database, tmp_path)
    assert state == "sent" and len(arrived) == 1, "nobody knows whether it arrived, and nobody will send it again"


def test_a_line_cut_short_by_a_kill_is_no_letter(tmp_path: Path) -> None:
    ledger = tmp_path / "ledger"
    ledger.write_bytes(b'{"message_id": "<a>", "to": []}\n{"message_id": "<b>", "t')
    assert [line["message_id"] for line in read_ledger(ledger)] == ["<a>"]
