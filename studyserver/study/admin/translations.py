"""A study's texts in further languages: what was written beside how it reads there."""

from collections.abc import Callable

from django.conf import settings
from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse

from studyserver.study.texts.translations import texts_of

from ..models import Study, StudyTranslation


def further_languages(study: Study) -> list[dict]:
    """Return each language that a study is not written in, with how much of it is translated."""
    texts = [item.text for item in texts_of(study)]
    rows = {row.language: row.texts for row in study.translations.all()}
    return [
        {
            "code": code,
            "name": name,
            "done": sum(1 for text in texts if rows.get(code, {}).get(text)),
            "total": len(texts),
        }
        for code, name in settings.LANGUAGES
        if code != study.language
    ]


class TranslationViews:
    """The page on which a study is translated."""

    def __init__(self, model_admin: ModelAdmin, view_of_study: Callable[[Callable], Callable]) -> None:
        self.admin = model_admin
        self.of_study = view_of_study

    def urls(self) -> list:
        """Return the addresses."""
        view = self.of_study(self.translate)
        return [path("<int:pk>/translate/<str:language>/", view, name="study_study_translate")]

    def translate(self, request: HttpRequest, study: Study, language: str) -> HttpResponse:
        """Take the translations; texts that are no longer used are kept in case they come back."""
        names = dict(settings.LANGUAGES)
        if language not in names or language == study.language:
            raise Http404
        row = study.translations.filter(language=language).first()
        row = row or StudyTranslation(study=study, language=language)
        texts = texts_of(study)
        if request.method == "POST":
            sent = {
                item.text: request.POST.get(f"text-{number}", "").strip()
                for number, item in enumerate(texts)
                if request.POST.get(f"original-{number}") == _one_line(item.text)
            }
            row.texts = {text: value for text, value in {**row.texts, **sent}.items() if value}
            row.save()
            self.admin.note_version(study)
            self.admin.log_change(request, study, f"Translated texts: {language}.")
            self.admin.message_user(request, f"Saved the texts in {names[language]}.", messages.SUCCESS)
            return HttpResponseRedirect(reverse("admin:study_study_change", args=[study.pk]))
        context = {
            **self.admin.admin_site.each_context(request),
            "title": f"“{study}” in {names[language]}",
            "opts": self.admin.opts,
            "original": study,
            "language": language,
            "texts": [
                {
                    "number": number,
                    "place": item.place,
                    "text": item.text,
                    "key": _one_line(item.text),
                    "is_long": item.is_long,
                    "translation": row.texts.get(item.text, ""),
                }
                for number, item in enumerate(texts)
            ],
            "media": self.admin.media,
        }
        return TemplateResponse(request, "admin/study/study/translate.html", context)


def _one_line(text: str) -> str:
    """Return a text as hidden fields send it back: without differences in line ends."""
    return " ".join(text.split())
