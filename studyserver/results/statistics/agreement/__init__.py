"""Agreement between raters who judged the same items."""

from .coefficients import COEFFICIENTS, FURTHER, STATISTICS
from .coefficients.chance_corrected import gwet_ac2
from .coefficients.cohen import cohen_kappa_linear
from .coefficients.intraclass import spearman_brown
from .options import specific_agreement
from .pairs import PairedStrengths, PairsError, bradley_terry
from .ratings import LEVELS, NUMERIC_LEVELS, Ratings, RatingsError, UndefinedError, prepare
from .retest import named_retest_table, retest_table
from .table import COLUMNS, PARTS, Bootstrap, agreement_table, table_of

__all__ = [
    "COEFFICIENTS",
    "COLUMNS",
    "FURTHER",
    "LEVELS",
    "NUMERIC_LEVELS",
    "PARTS",
    "STATISTICS",
    "Bootstrap",
    "PairedStrengths",
    "PairsError",
    "Ratings",
    "RatingsError",
    "UndefinedError",
    "agreement_table",
    "bradley_terry",
    "cohen_kappa_linear",
    "gwet_ac2",
    "named_retest_table",
    "prepare",
    "retest_table",
    "spearman_brown",
    "specific_agreement",
    "table_of",
]
