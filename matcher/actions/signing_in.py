"""Signing in by a typed code: asking for one, trying it, leaving. An address that nobody has is treated the same to the last step (security 2)."""

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from matcher.actions.letter_writing import Occasion, Recipient, provider_sender, roster_sender, staff_recipient, write_letter
from matcher.config import Config
from matcher.domain.connection import Connection
from matcher.domain.letter import SignInCodeLetter
from matcher.domain.letter_parts import LetterId, Sender
from matcher.domain.party import StaffParty
from matcher.domain.staff import SignIn, SignInCode, Staff
from matcher.links import new_code, new_token, token_hash
from matcher.mail import SIMULATOR, freeze_letter
from matcher.store import audit, letters, parties, rate_limits, sign_ins
from matcher.store.staff_accounts import find_staff, find_staff_by_address

CODES_AT_ONCE, CODES_AT_ONCE_WINDOW = 3, timedelta(minutes=15)
CODES_A_DAY, DAY = 10, timedelta(days=1)
"""Codes sent to one address because of one network address (security 2)."""
CODES_TO_ONE_ADDRESS = 20
"""Codes sent to one address in a day, whoever asks. Higher than the one before, so that a stranger elsewhere cannot use up a keyworker's codes."""
TRIES_WAIT = timedelta(minutes=15)
TRIES_FROM_ONE_NETWORK, NETWORK_WINDOW = 20, timedelta(hours=1)
SEEN_EVERY = timedelta(minutes=1)
"""A sign-in in use is noted at most so often, not with every page."""


@dataclass(frozen=True, slots=True, repr=False)
class Tried:
    """What a typed code came to. `token` is the new sign-in's; `wait` is set where this browser or its network must wait first."""

    token: str | None = None
    staff: Staff | None = None
    wait: timedelta | None = None
    live: bool = True
    """False where this browser has no code that could fit: all have expired, were used, or none was asked for."""


async def ask_for_code(tx: Connection, config: Config, now: datetime, *, address: str, browser: str, network: str) -> None:
    """Send a code to whoever has this address. The page afterwards is the same when nobody has it, or when too many were sent.

    `browser` is the random cookie of the browser that asks: only there the code will work.
    """
    index = config.vault.blind_index(address)
    code, code_id = new_code(), uuid4()
    staff = await find_staff_by_address(tx, index)
    known = staff is not None and staff.is_active
    allowed = await _may_send(tx, config, now, address=index.hex(), network=network)
    await sign_ins.insert_code(
        tx,
        SignInCode(
            id=code_id,
            staff_id=staff.id if staff and known and allowed else None,
            code_hash=_code_hash(config, code_id, code),
            created_at=now,
            expires_at=now + config.timing.code_life,
            tries=0,
        ),
        browser_hash=token_hash(browser),
        address_hash=index,
    )
    letter = SignInCodeLetter(code, int(config.timing.code_life / timedelta(minutes=1)))
    if staff and known and allowed:
        party = StaffParty(id=staff.id, role=staff.role.value, email_state=staff.email_state, details=staff.details)
        to = staff_recipient(config, party, config.vault.open(staff.details), await _sender(tx, config, staff))
        occasion = Occasion(about_id=code_id, due_at=now, not_after=now + config.timing.code_life)
        await write_letter(tx, config, now, letter, to=to, occasion=occasion)
    else:
        await _write_nothing(tx, config, now, letter)


async def try_code(tx: Connection, config: Config, now: datetime, *, code: str, browser: str, network: str) -> Tried:
    """Sign somebody in if this code was sent because of this browser. Tries are counted there, so that no stranger can bar a keyworker."""
    browser_hash = token_hash(browser)
    browser_key = config.vault.keyed_hash("limit", f"code tries|{browser_hash.hex()}")
    network_key = config.vault.keyed_hash("limit", f"code tries|{network}")
    live = await sign_ins.count_live_codes(tx, browser_hash, now)
    if not live:
        return Tried(live=False)
    wait = await rate_limits.claim_hit(tx, browser_key, now, most=config.timing.code_tries, window=TRIES_WAIT, from_last=True)
    if wait is None:
        wait = await rate_limits.claim_hit(tx, network_key, now, most=TRIES_FROM_ONE_NETWORK, window=NETWORK_WINDOW)
    if wait is not None:
        return Tried(wait=wait)
    codes = await sign_ins.claim_try(tx, browser_hash, now, most=config.timing.code_tries)
    right = [one for one in codes if hmac.compare_digest(one.code_hash, _code_hash(config, one.id, code))]
    staff = await find_staff(tx, right[0].staff_id) if right and right[0].staff_id else None
    if staff is None or not staff.is_active:
        return Tried(live=bool(codes))
    await sign_ins.update_codes_used(tx, browser_hash, now)
    await rate_limits.erase_hits(tx, browser_key)
    await rate_limits.update_hit_returned(tx, network_key)
    return Tried(token=await sign_in(tx, now, staff=staff), staff=staff)


async def sign_in(tx: Connection, now: datetime, *, staff: Staff) -> str:
    """Begin a sign-in; returns its token, which only the browser keeps. Who they are must have been shown before (a code; in the demo, a click)."""
    token = new_token()
    await sign_ins.insert_sign_in(tx, token_hash(token), staff.id, now)
    await audit.claim_acting(tx, staff.actor, "sign_in", now)
    await audit.insert_audit(tx, "staff", staff.id)
    return token


async def note_seen(tx: Connection, now: datetime, *, token: str) -> None:
    """Keep a sign-in alive because its owner opened a page."""
    await sign_ins.update_seen(tx, token_hash(token), now)


def is_worth_noting(sign_in: SignIn, now: datetime) -> bool:
    """Whether this sign-in was last noted so long ago that a page is worth a write."""
    return now - sign_in.seen_at >= SEEN_EVERY


async def sign_out(tx: Connection, now: datetime, *, token: str) -> None:
    """End this sign-in: its cookie is worth nothing from now on, wherever a copy may be."""
    staff_id = await sign_ins.update_sign_in_ended(tx, token_hash(token), now)
    await _note_ended(tx, now, staff_id, "sign_out")


async def sign_out_everywhere(tx: Connection, now: datetime, *, staff_id: UUID) -> int:
    """End every sign-in and every waiting code of an account. Returns how many sign-ins there were."""
    ended = await sign_ins.update_all_sign_ins_ended(tx, staff_id, now)
    await sign_ins.update_codes_of_staff_ended(tx, staff_id, now)
    await _note_ended(tx, now, staff_id, "sign_out_everywhere")
    return ended


async def _note_ended(tx: Connection, now: datetime, staff_id: UUID | None, action: str) -> None:
    staff = await find_staff(tx, staff_id) if staff_id else None
    if staff is not None:
        await audit.claim_acting(tx, staff.actor, action, now)
        await audit.insert_audit(tx, "staff", staff.id)


async def _may_send(tx: Connection, config: Config, now: datetime, *, address: str, network: str) -> bool:
    """Whether one more code may go to this address. Every limit is counted, whether anybody has the address or not."""
    limits = (
        (f"codes|{address}|{network}|at once", CODES_AT_ONCE, CODES_AT_ONCE_WINDOW),
        (f"codes|{address}|{network}|a day", CODES_A_DAY, DAY),
        (f"codes|{address}|a day", CODES_TO_ONE_ADDRESS, DAY),
    )
    for counted, most, window in limits:
        if await rate_limits.claim_hit(tx, config.vault.keyed_hash("limit", counted), now, most=most, window=window) is not None:
            return False
    return True


async def _sender(tx: Connection, config: Config, staff: Staff) -> Sender:
    """A keyworker's letters come from their service, a coordinator's from the roster of their area."""
    if staff.provider_id is not None:
        return provider_sender(config, await parties.get_provider_frame(tx, staff.provider_id))
    return roster_sender(config, await parties.get_area_frame(tx, min(staff.area_ids)))


async def _write_nothing(tx: Connection, config: Config, now: datetime, letter: SignInCodeLetter) -> None:
    """Do the work of writing the letter and throw it away, so that the time taken tells nobody whether an address is known."""
    key = config.vault.new_key(uuid4())
    mailbox = f"letters@{config.mail_domain}"
    sender = Sender("Alongside", mailbox, mailbox, "", config.link("/privacy"), config.link("/complaint"))
    to = Recipient("staff", key.person_id, key, f"nobody{SIMULATOR}", sender)
    await parties.find_helpline(tx, key.person_id, "")  # as long a look as the one for a sender
    await letters.count_revisions(tx, key.person_id, to.id, letter.kind.value)
    identity = LetterId(letter.kind, key.person_id, to.id, "", 1)
    frozen = freeze_letter(config, letter, letter_id=identity, sender=sender, to=to.address, due_at=now)
    for place, plain in (("letters.sealed_bytes", frozen.raw), ("letters.sealed_to", frozen.to.encode())):
        config.vault.seal_bytes(key, f"{place}:{key.person_id}", plain)


def _code_hash(config: Config, code_id: UUID, code: str) -> bytes:
    return config.vault.keyed_hash("sign-in code", f"{code_id}|{code}")
