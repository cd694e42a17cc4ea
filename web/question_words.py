"""What pages of questions need beside their words: what is asked next, how far one is, and what each page offers. The words are in the templates."""

from typing import Any

from matcher.domain.follow_up import CHOICES, TICKED, FollowUp, Question, next_question, questions_of


def question_page(round_: FollowUp, answers: dict[str, Any]) -> dict[str, Any]:
    """The question that comes next with its choices, and which of how many it is; `question` is "" once all is answered."""
    asked = questions_of(round_.round, answers)
    question = next_question(round_.round, answers)
    return {
        "question": question.value if question else "",
        "choices": CHOICES[question] if question else (),
        "ticked": question in TICKED,
        "step": asked.index(question) + 1 if question else len(asked),
        "steps": len(asked),
        "round": round_.round.value,
        "went": answers.get(Question.WENT.value, ""),
        "what_now": answers.get(Question.WHAT_NOW.value, ""),
        "company": answers.get(Question.COMPANY.value, ""),
    }
