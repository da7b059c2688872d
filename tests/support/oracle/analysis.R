# An oracle: computes most tables of an export anew from the answers (tables.R), and says what agrees.
# Rscript tests/support/oracle/analysis.R FOLDER (lme4 for intraclass correlations of designs with gaps)

own <- sub("^--file=", "", grep("^--file=", commandArgs(), value = TRUE))
folder <- normalizePath(commandArgs(TRUE)[1])
# Texts stay texts whatever they look like (01, T); before those that a spreadsheet could take for formulas
# stands an apostrophe, which is taken away again.
texts <- c("value", "option", "question", "question_target", "target", "track", "annotator", "method", "about")
table_of <- function(name) {
  path <- Sys.glob(file.path(folder, "data", sprintf("*_table-%s_data.csv", gsub("_", "", name))))
  read <- function(...) read.csv(path, na.strings = "", encoding = "UTF-8", ...)
  rows <- read(colClasses = ifelse(names(read(nrows = 1)) %in% texts, "character", NA))
  escaped <- "^'('*[=+@\t\r\n\uff1d\uff0b\uff0d\uff20-])"
  for (column in names(rows)[sapply(rows, is.character)]) {
    rows[[column]] <- sub(escaped, "\\1", rows[[column]], perl = TRUE)
  }
  rows
}
judgments <- table_of("judgments")
questions <- table_of("questions")
if (any(questions$rehearsal == 1)) cat("REHEARSAL: simulated annotators, not people\n")
numbers <- c("scale", "slider", "presence")
adaptive <- any(judgments$adaptive == 1)  # then clips count alike, whatever their number of judgments
for (script in c("json.R", "tables.R")) source(file.path(dirname(own[1]), script), encoding = "UTF-8")

# What counts: finished main trials; clips made for the question's target, or for no target in particular.
finished <- judgments[judgments$trial_finished == 1, ]
main <- finished[finished$trial_kind == "main", ]
about_all <- is.na(main$question_target) | is.na(main$target)
counted <- main[about_all | main$target == main$question_target, ]
counts <- counted[!is.na(counted$number), ]
comparisons <- table_of("comparisons")
comparisons <- comparisons[comparisons$judgment %in% main$judgment, ]
asked_about <- questions$question_target[match(comparisons$question, questions$question)]
foreign <- !is.na(asked_about) & !is.na(comparisons$target) & comparisons$target != asked_about
comparisons <- comparisons[!comparisons$judgment %in% comparisons$judgment[foreign], ]
preference_sides <- subset(table_of("preferences"), statistic == "bradley_terry_strength")

differ <- 0
check <- function(name, of_one, column = "estimate") {
  rows <- table_of(name)
  rows <- rows[rows$annotator_set == "all" & !is.na(rows[[column]]), ]
  keys <- intersect(c("question", "condition", "method", "kept_segments", "model", "option", "about", "statistic", "first",
                      "first_method", "second", "second_method"), names(rows))
  rows <- rows[!duplicated(rows[keys]), ]  # one of the two intervals' rows
  if (nrow(rows) == 0) return(invisible())
  found <- lapply(seq_len(nrow(rows)), function(i) of_one(rows[i, ]))
  left_out <- sapply(found, is.null)
  found <- as.numeric(sapply(found[!left_out], function(x) x[1]))
  rows <- rows[!left_out, ]
  # What is fitted step by step agrees to fewer digits; lme4 to three.
  fitted <- if (is.null(rows$statistic)) FALSE else grepl("^icc_", rows$statistic)
  tolerance <- ifelse(fitted, 2e-3, 1e-6)
  same <- !is.na(found) & abs(found - rows[[column]]) <= tolerance * pmax(1, abs(rows[[column]]))
  cat(sprintf("%s: %d of %d figures %s\n", name, sum(same), length(same), if (all(same)) "agree" else "DIFFER"))
  for (i in head(which(!same), 5)) {
    cat("  ", rows$statistic[i], "in the table", rows[[column]][i], "from the answers", found[i], "\n")
  }
  if (!all(same)) differ <<- differ + 1
}
check("summary", of_summary, "judgment_mean")
check("agreement", of_agreement)
check("retest", of_retest)
check("information", of_information)
check("claims", of_claims)
check("dose_response", of_dose_response)
check("preferences", of_preferences)
check("discrimination", of_discrimination)
cat(if (differ) "DIFFERS from the tables\n" else "agrees with the tables\n")
quit(status = if (differ) 1 else 0)
