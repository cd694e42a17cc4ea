"""What asking one volunteer is weighed by, for a coordinator's page: as it was when they were asked, else as it is now. Reads only."""

from collections.abc import Sequence

from matcher.actions.scene import Scene
from matcher.actions.seeing import view_of, weighed
from matcher.domain.arrangement import Offer
from matcher.domain.option import Option
from matcher.matching.asking_terms import AskTerms, terms_now, terms_then
from matcher.matching.eligible import Eligible, Person, candidate_of
from matcher.matching.policies import PRODUCT
from matcher.store import offers


async def terms_of(
    scene: Scene, person: Person | None, options: Sequence[Option], *, asked: Offer | None, made: Sequence[Offer]
) -> AskTerms | None:
    """The stored terms of somebody who was asked (none, where a coordinator asked them); the terms of today of anybody else.

    `options`: those they could do, or all where they could do none.
    """
    if asked is not None:
        return terms_then(await offers.find_reason(scene.tx, asked.id) or {})
    if person is None:
        return None
    weighs = scene.area.policy == PRODUCT
    could = Eligible(*person, tuple(options))
    view = view_of(scene, [could], list(made))
    if weighs:
        view = await weighed(scene, view, list(made))
    return terms_now(view, candidate_of(could), scene.area.policy, weighs=weighs)
