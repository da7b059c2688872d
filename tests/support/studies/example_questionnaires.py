"""Questionnaires to test with."""

from studyserver.study.models import QuestionnaireItem, QuestionnairePage

Kind = QuestionnaireItem.Kind
YES_NO = {"choices": [{"value": "yes", "label": "Yes"}, {"value": "no", "label": "No"}]}


def make_page(study, *items, place="before", position=1, **fields) -> QuestionnairePage:
    """Store a page; each item is given as its fields, a choice between yes and no by default."""
    page = QuestionnairePage.objects.create(study=study, place=place, position=position, **fields)
    for number, item in enumerate(items, start=1):
        item = {"kind": Kind.CHOICE, "text": f"{item['key']}?", "position": number, **item}
        if item["kind"] in (Kind.CHOICE, Kind.CHECKLIST):
            item.setdefault("options", YES_NO)
        QuestionnaireItem.objects.create(page=page, **item)
    return page


def item(study, key) -> QuestionnaireItem:
    return QuestionnaireItem.objects.get(page__study=study, key=key)
