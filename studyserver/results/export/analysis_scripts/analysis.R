# Compares the means of this folder's summary with those of the answers, and fits mixed models.
# Run it anywhere: Rscript analysis.R (needs lme4, and ordinal for ratings). Rscript analysis.R --tables
# stops before the models. Models of a few hundred ratings take seconds each; it says what it fits.

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

# Tracks and annotators differ in their level and in how far each condition moves them: without the latter, the
# standard error of a contrast is far too small. Both are random. Slopes of conditions are uncorrelated: a model with
# all correlations has more parameters than a study can tell apart, and does not finish. With fewer than five
# levels, only the level is random; read those standard errors with care.
several_of <- function(part, group) {
  enough <- length(unique(part[[group]])) >= 5
  if (!enough) cat("Note: fewer than five levels of", group, "- no random slopes.\n")
  enough
}
attempt <- function(name, formula, fit) {
  cat("\n", name, ": ", gsub(" +", " ", paste(deparse(formula), collapse = " ")), "\n", sep = "")
  began <- proc.time()[["elapsed"]]
  tryCatch(print(summary(fit(formula), correlation = FALSE)), error = function(e) {
    cat("Not fitted:", conditionMessage(e), "\n")
  })
  cat(sprintf("(%.1f s)\n", proc.time()[["elapsed"]] - began))
}
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
  several <- sapply(c("annotator", "track"), function(group) several_of(part, group))
  slopes <- paste0("is_", levels(part$condition)[-1])
  for (slope in slopes) part[[slope]] <- as.numeric(part$condition == sub("^is_", "", slope))
  terms <- ifelse(several, sprintf("(1 + %s || %s)", paste(slopes, collapse = " + "), names(several)),
                  sprintf("(1 | %s)", names(several)))
  linear <- as.formula(paste("number ~ condition +", paste(terms, collapse = " + ")))
  if (requireNamespace("lme4", quietly = TRUE)) {
    attempt("Linear mixed model, uncorrelated slopes", linear, function(formula) lme4::lmer(formula, part))
  } else {
    cat("Package lme4 is not installed.\n")
  }
  if (part$level[1] != "ordinal" || length(unique(part$number)) < 3) next
  if (!requireNamespace("ordinal", quietly = TRUE)) {
    cat("Package ordinal is not installed: the ratings are treated as numbers only.\n")
    next
  }
  # Slopes of equal variance, written as effects of each annotator (or track) in each condition.
  terms <- sprintf("(1 | %s)", names(several))
  for (group in names(several)[several]) {
    name <- paste0(group, "_in_condition")
    part[[name]] <- interaction(part[[group]], part$condition, drop = TRUE)
    terms <- c(terms, sprintf("(1 | %s)", name))
  }
  part$answer <- factor(part$number, ordered = TRUE)
  latent <- as.formula(paste("answer ~ condition +", paste(terms, collapse = " + ")))
  attempt("Cumulative logit mixed model of the ratings, uncorrelated slopes of equal variance", latent,
          function(formula) ordinal::clmm(formula, part))
}
quit(status = if (differ) 1 else 0)
