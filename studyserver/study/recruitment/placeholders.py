"""Place-holders that a recruiter's site should have replaced by values.

They are the same for all participants: if one were used as an identifier, all participants would continue
the participation of the first.
"""

import html
import re
from collections.abc import Iterable
from urllib.parse import unquote_plus

from studyserver.common.damage import looks_missing


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# In addition to the usual words for missing values: JavaScript, the previews of MTurk, an empty UUID.
_NOTHING = _words(
    """
    void assignment_id_not_available hit_id_not_available worker_id_not_available
    00000000-0000-0000-0000-000000000000
    """
)
_SEPARATORS = re.compile(r"[\s_,;|-]+")
# Signs of templates, anywhere in a value: {{ }}, ${ }, #{ }, <% %>, {% %}, [% %], [[ ]], << >>, %% %%, @@ @@,
# $$, *| |*; and printf's %s and %(name)s.
_TEMPLATE = re.compile(
    r"\{\{|\}\}|[$#%@]\{|<%|%>|\{%|%\}|\[%|%\]|\[\[|\]\]|<<|>>|%%|@@|\$\$|\*\||\|\*|%\(\w+\)|^%[a-z]$",
    re.IGNORECASE,
)
# A whole value between brackets, one of which may have been cut off, or between two signs of one kind.
_WRAPPED = re.compile(r"[\[{<].*|.*[\]}>]|\(.*\)|«.*»|([%$#@!|~^*`]|__).*\1", re.DOTALL)
_VARIABLE = re.compile(r"\$\w+|[:&%#][A-Za-z_]\w*;?")  # $PID, $1, :pid, &pid;, %PID, #u_id
_STRUCK = re.compile(r"[xX]{3,}(-[xX]+)*|[?*_.#/\\-]+")  # XXXX, ????, ____, ---
# Words that name a value instead of being one, as in "your_id", "WORKER ID", "insert id here".
_NOUNS = _words(
    """
    id ids pid uid rid sid identifier number code name parameter param participant placeholder variable
    participantid workerid userid subjectid respondentid prolificid assignmentid hitid
    """
)
_ABOUT = _words(
    """
    your my the a an insert enter here add put replace with this by of unique random value external
    prolific mturk sona worker user subject person panel panelist respondent study session survey
    assignment hit
    """
)
_PARAMETERS = ("prolific_pid", "study_id", "session_id", "survey_code", "response_id", "transaction_id")


def looks_unfilled(value: str, parameters: Iterable[str] = ()) -> bool:
    """Return whether a value is a place-holder that was not replaced.

    Parameters
    ----------
    value
        The value in the address; it is tested decoded (URL, HTML), too.
    parameters
        Names of parameters: a name in place of a value is a place-holder, too.
    """
    names = {_bare(name) for name in (*_PARAMETERS, *parameters) if name}
    return any(_is_placeholder(form, names) for form in _decoded(value))


def _decoded(value: str) -> list[str]:
    """Return a value unchanged and decoded (URL, HTML), up to twice."""
    forms = [value.strip()]
    for _ in range(2):
        for decode in (unquote_plus, html.unescape):
            forms.append(decode(forms[-1]).strip())
    return forms


def _is_placeholder(value: str, names: set[str]) -> bool:
    value = value.strip("\"' ")
    if value and all(_is_nothing(part) for part in _SEPARATORS.split(value)):
        return True
    if _is_nothing(value) or _bare(value) in names:
        return True
    if _TEMPLATE.search(value) or any(form.fullmatch(value) for form in (_WRAPPED, _VARIABLE, _STRUCK)):
        return True
    if re.search(r"[^A-Za-z\s_-]", value):
        return False  # a digit or an accent: a real identifier
    words = set(_SEPARATORS.split(re.sub(r"([a-z])([A-Z])", r"\1 \2", value).casefold())) - {""}
    return bool(words & _NOUNS) and words <= _NOUNS | _ABOUT


def _is_nothing(value: str) -> bool:
    return bool(value) and (value.casefold() in _NOTHING or looks_missing(value))


def _bare(name: str) -> str:
    """Return a name in lower case without punctuation."""
    return re.sub(r"[\W_]+", "", name).casefold()
