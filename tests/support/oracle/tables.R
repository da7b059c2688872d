# Figures of the tables, computed anew from the answers: for each table a function of one of its rows.
# Read by analysis.R, which holds the tables. NA where a figure is not defined, NULL where it is left out.

# -- which answers -------------------------------------------------------------------------------------------

label <- function(condition, method = "", size = 0) {
  words <- sub("counter evidence", "counter-evidence", gsub("_", " ", condition))
  if (nzchar(method)) words <- paste0(words, ", ", method)
  if (size > 0) words <- paste0(words, ", ", size, if (size == 1) " segment" else " segments")
  words
}

in_group <- function(clips, row) {
  keep <- clips$condition == row$condition
  if (!is.na(row$method)) keep <- keep & clips$method %in% row$method
  if (!is.na(row$kept_segments)) keep <- keep & clips$kept_segments %in% row$kept_segments
  if (!is.na(row$model)) keep <- keep & clips$model %in% row$model
  keep
}

in_words <- function(clips, words) {  # the group that the column `about` names
  method <- ifelse(is.na(clips$method), "", clips$method)
  size <- ifelse(is.na(clips$kept_segments), 0, clips$kept_segments)
  model <- ifelse(is.na(clips$model), "", clips$model)
  named <- function(x, m, k, one) {
    plain <- c(label(x), label(x, m), label(x, "", k), label(x, m, k))
    words %in% c(plain, if (nzchar(one)) paste0(plain, ", ", one))
  }
  as.logical(mapply(named, clips$condition, method, size, model))
}

of_row <- function(row) {
  part <- counted[counted$question == row$question, ]
  if (row$question_kind %in% numbers) part <- part[!is.na(part$number), ]
  if ("condition" %in% names(row) && !is.na(row$condition)) part <- part[in_group(part, row), ]
  part
}

# -- options and scales --------------------------------------------------------------------------------------

options_of <- function(asked) from_json(questions$question_options[questions$question == asked])
option_number <- function(asked, name, otherwise) {
  found <- options_of(asked)[[name]]
  if (is.null(found)) otherwise else found
}
option_texts <- function(asked, name) {
  as.character(unlist(lapply(options_of(asked)$choices, function(choice) choice[[name]])))
}

ticked <- function(value) as.character(unlist(from_json(value)))
chosen <- function(kind, value) if (kind == "checklist") ticked(value) else value

ends_of <- function(asked, kind) {
  switch(kind, scale = c(1, option_number(asked, "points", 5)), presence = c(0, 2),
         slider = c(option_number(asked, "min", 0), option_number(asked, "max", 100)), c(0, 1))
}
heard_above <- function(asked, kind) if (kind == "presence") 0.5 else signif(mean(ends_of(asked, kind)), 12)
intended_of <- function(asked, target) {  # the option that a target's name or label stands for
  values <- option_texts(asked, "value")
  labels <- option_texts(asked, "label")
  place <- match(tolower(target), tolower(values))
  if (length(labels) == length(values)) {
    place <- ifelse(is.na(place), match(tolower(target), tolower(labels)), place)
  }
  values[place]
}

# -- means and agreement -------------------------------------------------------------------------------------

of_summary <- function(row) {
  part <- of_row(row)
  values <- part$number
  if (!is.na(row$option)) values <- as.numeric(sapply(part$value, function(x) row$option %in% chosen(row$question_kind, x)))
  if (adaptive) mean(tapply(values, part$stimulus, mean)) else mean(values)
}

masi <- function(one, two) {
  both <- length(intersect(one, two))
  if (setequal(one, two)) return(1)
  if (both == 0) return(0)
  nested <- if (both == min(length(one), length(two))) 2 / 3 else 1 / 3
  nested * both / length(union(one, two))
}

alpha <- function(counts, level, values) {
  counts <- counts[rowSums(counts) >= 2, , drop = FALSE]
  totals <- colSums(counts)
  if (sum(totals > 0) < 2) return(NA)
  squared <- switch(
    level,
    nominal = 1 - diag(length(totals)),
    sets = 1 - outer(seq_along(values), seq_along(values),
                     Vectorize(function(i, j) masi(ticked(values[i]), ticked(values[j])))),
    interval = outer(values, values, "-")^2,
    ratio = ifelse(outer(values, values, "+") > 0, (outer(values, values, "-") / outer(values, values, "+"))^2, 0),
    ordinal = outer(cumsum(totals) - totals / 2, cumsum(totals) - totals / 2, "-")^2
  )
  n <- sum(counts)
  observed <- sum(rowSums((counts %*% squared) * counts) / (rowSums(counts) - 1)) / n
  1 - observed / (c(totals %*% squared %*% totals) / (n * (n - 1)))
}

chance_corrected <- function(counts, statistic, q, weights = diag(ncol(counts))) {
  size <- rowSums(counts)
  pairs <- size >= 2
  if (!any(pairs) || (q < 2 && !statistic %in% c("percent_agreement", "fleiss_kappa"))) return(NA)
  agreeing <- rowSums((counts %*% weights) * counts) - size
  observed <- mean((agreeing / (size * (size - 1)))[pairs])
  share <- colMeans(counts / size)
  expected <- switch(statistic, percent_agreement = 0, fleiss_kappa = sum(share^2),
                     gwet_ac1 = sum(share * (1 - share)) / (q - 1), brennan_prediger = 1 / q,
                     gwet_ac2 = sum(weights) * sum(share * (1 - share)) / (q * (q - 1)))
  if (expected > 1 - 1e-12) NA else (observed - expected) / (1 - expected)
}

kendall_w <- function(wide) {
  ranks <- apply(wide, 2, rank)
  n <- nrow(wide)
  m <- ncol(wide)
  ties <- sum(apply(wide, 2, function(x) sum(table(x)^3 - table(x))))
  most <- m^2 * (n^3 - n) - m * ties
  if (most > 0) 12 * sum((rowSums(ranks) - mean(rowSums(ranks)))^2) / most else NA
}

# Intraclass correlations: by mean squares where everybody judged everything, else by lme4.
intraclass <- function(part, wide, statistic) {
  k <- nrow(wide) / sum(1 / rowSums(!is.na(wide)))
  if (nrow(wide) < 2 || max(rowSums(!is.na(wide))) < 2 || length(unique(part$number)) < 2) return(NA)
  form <- substr(statistic, 1, 5)
  if (anyNA(wide)) {
    own <- if (form == "icc_1") "" else "+ (1 | annotator)"
    clips <- qr(model.matrix(~ 0 + factor(stimulus), part))$rank
    if (nzchar(own) && qr(model.matrix(~ 0 + factor(stimulus) + factor(annotator), part))$rank == nrow(part)) {
      return(NA)
    }
    if (clips == nrow(part) || !requireNamespace("lme4", quietly = TRUE)) return(NULL)
    fitted <- suppressWarnings(suppressMessages(lme4::lmer(
      as.formula(paste("number ~ 1 + (1 | stimulus)", own)), part,
      control = lme4::lmerControl(check.nobs.vs.nlev = "ignore", check.nobs.vs.rankZ = "ignore",
                                  check.nobs.vs.nRE = "ignore", check.conv.singular = "ignore")
    )))
    v <- as.data.frame(lme4::VarCorr(fitted))
    v <- setNames(v$vcov, v$grp)
    single <- v[["stimulus"]] / (sum(v) - if (form == "icc_c") v[["annotator"]] else 0)
  } else {
    n <- nrow(wide)
    m <- ncol(wide)
    b <- m * var(rowMeans(wide))
    w <- sum((wide - rowMeans(wide))^2) / (n * (m - 1))
    j <- n * var(colMeans(wide))
    e <- (sum((wide - rowMeans(wide))^2) - (m - 1) * j) / ((n - 1) * (m - 1))
    single <- switch(form, icc_1 = (b - w) / (b + (m - 1) * w), icc_c = (b - e) / (b + (m - 1) * e),
                     icc_a = (b - e) / (b + (m - 1) * e + m * (j - e) / n))
  }
  if (grepl("k$", statistic)) k * single / (1 + (k - 1) * single) else single
}

of_agreement <- function(row) {
  part <- of_row(row)
  part <- part[!duplicated(part[c("stimulus", "annotator")]), ]  # a clip can stand in several sets
  if (nrow(part) == 0) return(NA)
  ends <- ends_of(row$question, row$question_kind)
  if (row$question_kind == "checklist") {
    values <- unique(part$value)  # equal sets are equal texts: options stand in the order of the question
    given <- part$value
  } else if (row$question_kind %in% numbers) {
    values <- if (row$question_kind == "slider") sort(unique(part$number)) else ends[1]:ends[2]
    given <- part$number
  } else {
    values <- option_texts(row$question, "value")
    given <- part$value
  }
  place <- match(given, values)
  counts <- unclass(table(part$stimulus, factor(place, seq_along(values))))
  steps <- if (row$question_kind %in% numbers) values else seq_along(values)
  statistic <- row$statistic
  if (statistic == "krippendorff_alpha") return(alpha(counts, row$level, if (row$level == "sets") values else steps))
  if (statistic %in% c("percent_agreement", "fleiss_kappa", "gwet_ac1", "brennan_prediger")) {
    return(chance_corrected(counts, statistic, length(values)))
  }
  if (statistic == "gwet_ac2") {
    weights <- 1 - (outer(steps, steps, "-") / diff(range(steps)))^2
    return(chance_corrected(counts, statistic, length(values), weights))
  }
  wide <- tapply(steps[place], list(part$stimulus, part$annotator), identity)
  if (statistic == "cohen_kappa_weighted") {
    both <- wide[complete.cases(wide), , drop = FALSE]
    squared <- if (row$level %in% c("nominal", "sets")) outer(both[, 1], both[, 2], "!=") + 0 else
      outer(both[, 1], both[, 2], "-")^2
    return(1 - mean(diag(squared)) / mean(squared))
  }
  if (statistic == "kendall_w") return(if (anyNA(wide)) NA else kendall_w(wide))
  if (startsWith(statistic, "icc_")) intraclass(part, wide, statistic)  # others are left out
}

# Figures of first and second answers that are names, or sets of names.
named_retest <- function(statistic, first, second, of_sets) {
  alike <- if (of_sets) Vectorize(function(x, y) masi(ticked(x), ticked(y))) else function(x, y) (x == y) + 0
  observed <- mean(alike(first, second))
  by_chance <- mean(outer(first, second, alike))
  switch(statistic, exact_agreement = mean(alike(first, second) == 1), similarity = observed,
         cohen_kappa = if (by_chance > 1 - 1e-12) NA else 1 - (1 - observed) / (1 - by_chance))
}

of_retest <- function(row) {
  keys <- c("annotator", "question", "stimulus", "trial")
  first <- main[c(keys, "number", "value")]
  second <- finished[finished$trial_kind == "repeat", ]
  second$trial <- second$repeat_of
  pairs <- merge(first, second[c(keys, "number", "value")], by = keys)
  pairs <- pairs[pairs$question == row$question, ]
  if (!row$question_kind %in% numbers) {
    return(named_retest(row$statistic, pairs$value.x, pairs$value.y, row$question_kind == "checklist"))
  }
  pairs <- pairs[!is.na(pairs$number.x) & !is.na(pairs$number.y), ]
  x <- pairs$number.x
  y <- pairs$number.y
  error <- sd(x - y) / sqrt(2)
  b <- 2 * var((x + y) / 2)
  j <- length(x) * var(c(mean(x), mean(y)))
  e <- sd(x - y)^2 / 2
  switch(row$statistic, exact_agreement = mean(abs(x - y) < 1e-9), agreement_within_1 = mean(abs(x - y) < 1 + 1e-9),
         kappa_quadratic = 1 - mean((x - y)^2) / mean(outer(x, y, "-")^2),
         icc_a_1 = (b - e) / (b + e + 2 * (j - e) / length(x)),
         standard_error_of_measurement = error, repeatability = 1.96 * sqrt(2) * error)
}

# -- what remains --------------------------------------------------------------------------------------------

named <- function(row) {  # what masked clips were made for and what was answered, once for each tick
  part <- of_row(row[c("question", "question_kind")])
  part$intended <- intended_of(row$question, part$target)
  given <- as.list(part$value)
  if (row$question_kind == "checklist") {
    given <- lapply(given, function(x) if (length(ticked(x))) ticked(x) else "")
  }
  each <- part[rep(seq_len(nrow(part)), lengths(given)), ]
  each$answered <- unlist(given)
  each$answer_weight <- rep(1 / lengths(given), lengths(given))
  masked <- each[!is.na(each$intended), ]
  if (nrow(masked)) masked$weight <- 1
  targets <- unique(masked[c("track", "intended")])
  targets$weight <- 1 / ave(seq_len(nrow(targets)), targets$track, FUN = length)
  unmasked <- each[each$condition %in% c("original", "resynthesis"), names(each) != "intended"]
  rbind(masked, merge(unmasked, targets, by = "track")[names(masked)])
}

bits <- function(part, corrected) {
  whole <- part$weight * part$answer_weight
  counts <- xtabs(whole ~ part$intended + part$answered)
  n <- sum(counts)
  expected <- outer(rowSums(counts), colSums(counts)) / n
  plain <- sum((counts * log2(counts / expected))[counts > 0]) / n
  if (!corrected) return(plain)
  track <- as.character(part$track)
  cells <- lapply(split(seq_along(track), track), function(own) {
    xtabs(whole[own] ~ factor(part$intended[own], rownames(counts)) + factor(part$answered[own], colnames(counts)))
  })
  share <- counts / rowSums(counts)
  apart <- lapply(cells, function(own) own - rowSums(own) * share)
  units <- Reduce(`+`, lapply(cells, function(own) rowSums(own) > 0))
  spread <- Reduce(`+`, lapply(apart, function(own) own^2)) / rowSums(counts)^2
  robust <- rowSums(ifelse(counts > 0, spread / share, 0)) * units / pmax(units - 1, 1)
  independent <- (rowSums(counts > 0) - 1) / rowSums(counts)
  several <- units > 1
  ratio <- if (sum(independent[several]) > 0) max(1, sum(robust[several]) / sum(independent[several])) else 1
  relative <- ifelse(several, robust, ratio * independent)
  size <- rowSums(counts) / n
  m <- length(cells)
  marginal <- Reduce(`+`, lapply(apart, function(own) (colSums(own) / n)^2)) * m / max(m - 1, 1)
  bias <- sum(size * relative) - sum(marginal / (colSums(counts) / n)) - sum((size^2 * relative)[!several])
  plain - bias / (2 * log(2))
}

of_information <- function(row) {
  all <- named(row)
  part <- all[in_group(all, row), ]
  whole <- part$weight * part$answer_weight
  shares <- lapply(list(part$intended, part$answered), function(side) tapply(whole, side, sum) / sum(whole))
  both <- intersect(names(shares[[1]]), names(shares[[2]]))
  switch(row$statistic, mutual_information = bits(part, TRUE), mutual_information_uncorrected = bits(part, FALSE),
         share_of_reference = bits(part, TRUE) / bits(all[all$condition == "original", ], TRUE),
         accuracy = sum(whole[part$intended == part$answered]) / sum(whole),
         accuracy_by_chance = sum(shares[[1]][both] * shares[[2]][both]))
}

of_claims <- function(row) {
  if (row$question_kind %in% numbers) {
    part <- main[main$question == row$question & !is.na(main$number), ]
    own <- part$target %in% row$question_target
    evidence <- part$condition == "evidence"
    heard <- part$number > heard_above(row$question, row$question_kind)
    signal <- evidence & own
    others <- evidence & !own & !is.na(part$target)
    noise <- if (row$about == "random control") own & part$condition == "random_control" else others
  } else {
    part <- of_row(row[c("question", "question_kind")])
    option <- sub(" / evidence for other targets$", "", row$about)
    intended <- intended_of(row$question, part$target)
    heard <- sapply(part$value, function(x) option %in% chosen(row$question_kind, x))
    evidence <- part$condition == "evidence" & !is.na(intended)
    signal <- evidence & intended %in% option
    noise <- evidence & !intended %in% option
  }
  z <- function(count, total) qnorm((count + 0.5) / (total + 1))  # Hautus (1995)
  z_hit <- z(sum(heard & signal), sum(signal))
  z_false <- z(sum(heard & noise), sum(noise))
  switch(row$statistic, hit_rate = mean(heard[signal]), false_alarm_rate = mean(heard[noise]),
         pooled_d_prime = z_hit - z_false, pooled_criterion = -(z_hit + z_false) / 2)
}

of_dose_response <- function(row) {
  part <- of_row(row[c("question", "question_kind")])
  part <- part[part$condition == "evidence" & (is.na(row$about) | part$method %in% row$about), ]
  part <- part[!is.na(part$kept_segments) & part$kept_segments > 0, ]
  part$heard <- as.numeric(part$number > heard_above(row$question, row$question_kind))
  if (startsWith(row$statistic, "heard_at_")) {
    return(mean(part$heard[part$kept_segments == as.numeric(sub("heard_at_", "", row$statistic))]))
  }
  curve <- coef(glm(heard ~ log2(kept_segments), binomial, part, epsilon = 1e-12))
  if (row$statistic == "slope") curve[[2]] else 2^(-curve[[1]] / curve[[2]])
}

# -- clips compared with each other --------------------------------------------------------------------------

compared_of <- function(row) comparisons[comparisons$question == row$question, ]

paired <- function(clips, first, second) {
  n <- table(clips$judgment)
  picked <- tapply(clips$picked, clips$judgment, sum)
  both <- merge(clips[first, ], clips[second, ], by = "judgment")
  says <- picked[both$judgment] == 0 | both$picked.x == 1 | both$picked.y == 1
  both <- both[says, ]
  data.frame(preferred = (1 + both$picked.x - both$picked.y) / 2,
             strength = ifelse(n[both$judgment] == 2, both$strength.x, NA),
             shown_first = as.numeric(both$clip_position.x < both$clip_position.y))
}

of_preferences <- function(row) {
  clips <- compared_of(row)
  if (row$statistic %in% c("bradley_terry_strength", "order_effect")) return(strength_of(clips, row))
  pairs <- paired(clips, in_group(clips, row), in_words(clips, row$about))
  decided <- pairs[pairs$preferred != 0.5, ]
  switch(row$statistic, preference = mean(pairs$preferred), preference_exact = mean(decided$preferred),
         undecided = mean(pairs$preferred == 0.5), strength = mean(pairs$strength, na.rm = TRUE),
         first_shown_chosen = mean(decided$preferred == decided$shown_first))
}

# Bradley and Terry's strengths, summing to zero, by logistic regression; the intercept is the effect of order.
strength_of <- function(clips, row) {
  sides <- unique(preference_sides[preference_sides$question == row$question, c("condition", "method", "kept_segments", "model")])
  members <- lapply(seq_len(nrow(sides)), function(i) in_group(clips, sides[i, ]))
  parts <- list()
  for (i in seq_along(members)) for (j in seq_along(members)) if (i < j) {
    pairs <- paired(clips, members[[i]], members[[j]])
    line <- matrix(0, nrow(pairs), length(members))
    sign <- 2 * pairs$shown_first - 1  # towards what was shown first
    line[, i] <- sign
    line[, j] <- -sign
    parts <- c(parts, list(cbind(line, ifelse(sign > 0, pairs$preferred, 1 - pairs$preferred))))
  }
  data <- do.call(rbind, parts)
  design <- data[, 2:length(members), drop = FALSE]
  fitted <- coef(suppressWarnings(glm(data[, length(members) + 1] ~ design, binomial, epsilon = 1e-12)))
  if (row$statistic == "order_effect") return(fitted[[1]])
  strengths <- c(0, fitted[-1])
  same <- function(a, b) (is.na(a) & is.na(b)) | (!is.na(a) & !is.na(b) & a == b)
  place <- same(sides$condition, row$condition) & same(sides$method, row$method) &
    same(sides$kept_segments, row$kept_segments) & same(sides$model, row$model)
  (strengths - mean(strengths))[place]
}

of_discrimination <- function(row) {
  clips <- compared_of(row)
  first <- clips$judgment[in_group(clips, row)]
  second <- clips$judgment[in_words(clips, row$about)]
  clips <- clips[clips$judgment %in% intersect(first, second), ]
  a <- clips[order(clips$clip_position), ]
  a <- a[!duplicated(a$judgment), ]
  was_a <- a$is_x == 1
  said_a <- a$picked == 1
  z <- function(count, total) qnorm((count + 0.5) / (total + 1))
  z_hit <- z(sum(was_a & said_a), sum(was_a))
  z_false <- z(sum(!was_a & said_a), sum(!was_a))
  d_prime <- function(third) {  # 6 by differencing, 4 for listeners who know both sides
    share <- pnorm((z_hit - z_false) / 2)
    right <- function(d) pnorm(d / sqrt(2)) * pnorm(d / sqrt(third)) + pnorm(-d / sqrt(2)) * pnorm(-d / sqrt(third))
    if (share <= 0.5) 0 else uniroot(function(d) right(d) - share, c(0, 20), tol = 1e-12)$root
  }
  switch(row$statistic, abx_correct = , abx_correct_exact = mean(was_a == said_a), abx_d_prime = d_prime(6),
         abx_d_prime_independent = d_prime(4), abx_criterion = -(z_hit + z_false) / 2, abx_a_said = mean(said_a))
}
