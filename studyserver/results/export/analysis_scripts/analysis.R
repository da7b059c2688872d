# Compares the means of this folder's summary with those of the answers, and fits mixed models.
# Run it anywhere: Rscript analysis.R (needs lme4, and ordinal for ratings). Rscript analysis.R --tables
# stops before the models; models of ratings can take minutes.

own <- sub("^--file=", "", grep("^--file=", commandArgs(), value = TRUE))
folder <- normalizePath(file.path(if (length(own)) dirname(own[1]) else ".", ".."))
# Text columns are read as text, even if they look like numbers or truth values (01, T). Texts that a spreadsheet
# could read as formulas begin with an apostrophe, which is removed.
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
# Only finished main trials count, with clips made for the question's target or for no particular target.
finished <- judgments[judgments$trial_finished == 1, ]
main <- finished[finished$trial_kind == "main", ]
about_all <- is.na(main$question_target) | is.na(main$target)
counted <- main[about_all | main$target == main$question_target, ]
counts <- counted[!is.na(counted$number), ]

differ <- FALSE
means <- table_of("summary")
means <- means[means$annotator_set == "all" & is.na(means$option) & !is.na(means$judgment_mean), ]
adaptive <- any(judgments$adaptive == 1)  # then all clips have the same weight, whatever their number of judgments
for (i in seq_len(nrow(means))) {
  row <- means[i, ]
  part <- counts[counts$question == row$question & counts$condition == row$condition, ]
  if (!is.na(row$method)) part <- part[part$method %in% row$method, ]
  if (!is.na(row$kept_segments)) part <- part[part$kept_segments %in% row$kept_segments, ]
  found <- if (adaptive) mean(tapply(part$number, part$stimulus, mean)) else mean(part$number)
  same <- isTRUE(all.equal(found, row$judgment_mean, tolerance = 1e-6))
  if (!same) differ <- TRUE
  cat(sprintf("mean, %s, %s: %g from the answers, %g in the table%s\n", row$question, row$condition, found, row$judgment_mean,
              if (same) "" else " DIFFERS"))
}
cat(if (differ) "DIFFERS from the tables\n" else "agrees with the tables\n")
if ("--tables" %in% commandArgs(TRUE)) quit(status = if (differ) 1 else 0)

# Tracks and annotators have random intercepts and random slopes of the condition: without the slopes, the
# standard error of a contrast is far too small. With fewer than five levels, slopes cannot be estimated, so only
# the intercept is random; read those standard errors with care.
random_of <- function(part, group) {
  enough <- length(unique(part[[group]])) >= 5
  if (!enough) cat("Note: fewer than five levels of", group, "- no random slopes.\n")
  sprintf("(1 %s | %s)", if (enough) "+ condition" else "", group)
}
attempt <- function(what) tryCatch(print(summary(what())), error = function(e) {
  cat("Not fitted:", conditionMessage(e), "\n")
})
order_of_conditions <- c("random_control", "original", "resynthesis", "evidence", "boosted", "complement",
                         "counter_evidence", "uploaded")
for (asked in unique(means$question)) {
  part <- counts[counts$question == asked, ]
  part$condition <- factor(part$condition, intersect(order_of_conditions, part$condition))
  part$annotator <- factor(part$annotator)
  part$track <- factor(part$track)
  cat("\n==", asked, "\n")
  if (nlevels(part$condition) < 2 || nlevels(part$annotator) < 2 || nlevels(part$track) < 2 ||
        length(unique(part$number)) < 2) {
    cat("Too few data for a model: it needs two conditions, two annotators, two tracks and different answers.\n")
    next
  }
  effects <- paste("condition +", random_of(part, "annotator"), "+", random_of(part, "track"))
  ordinal <- part$level[1] == "ordinal" && length(unique(part$number)) > 2
  if (ordinal && requireNamespace("ordinal", quietly = TRUE)) {
    part$answer <- factor(part$number, ordered = TRUE)
    attempt(function() ordinal::clmm(as.formula(paste("answer ~", effects)), part))
  } else if (requireNamespace("lme4", quietly = TRUE)) {
    if (ordinal) cat("Package ordinal is not installed: the ratings are treated as numbers.\n")
    attempt(function() lme4::lmer(as.formula(paste("number ~", effects)), part))
  } else {
    cat("Package lme4 is not installed.\n")
  }
}
quit(status = if (differ) 1 else 0)
