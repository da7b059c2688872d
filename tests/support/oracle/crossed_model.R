# An oracle of the model of answers: lme4 and ordinal on the same answers.
#   Rscript crossed_model.R FILE.csv gaussian|ordinal
# FILE.csv has the columns rater, track, level, value. Prints name,value lines.
arguments <- commandArgs(trailingOnly = TRUE)
answers <- read.csv(arguments[1], colClasses = c("factor", "factor", "factor", "numeric"))
say <- function(name, value) cat(sprintf("%s,%.10g\n", name, value))
if (arguments[2] == "gaussian") {
  suppressMessages(library(lme4))
  fit <- suppressMessages(lmer(
    value ~ 0 + level + (0 + level | track) + (1 | rater) + (1 | rater:level) + (1 | rater:track), answers
  ))
  for (name in names(fixef(fit))) say(sub("level", "mean_", name), fixef(fit)[[name]])
  for (name in names(fixef(fit))) say(sub("level", "se_", name), sqrt(vcov(fit)[name, name]))
  parts <- VarCorr(fit)
  correlation <- attr(parts$track, "correlation")
  say("retention", correlation["levelevidence", "leveloriginal"])
  for (name in colnames(correlation)) say(sub("level", "track_", name), parts$track[name, name])
  say("raters", parts$rater[1])
  say("raters_by_level", parts$`rater:level`[1])
  say("raters_by_track", parts$`rater:track`[1])
  say("error", sigma(fit)^2)
} else {
  suppressMessages(library(ordinal))
  answers$step <- ordered(answers$value)
  fit <- clmm(step ~ level + (1 | rater) + (1 | track) + (1 | track:level), answers, link = "probit")
  for (name in grep("^level", names(coef(fit)), value = TRUE)) say(sub("level", "shift_", name), coef(fit)[[name]])
  for (name in grep("[|]", names(coef(fit)), value = TRUE)) say(paste0("threshold_", name), coef(fit)[[name]])
  parts <- VarCorr(fit)
  say("raters", parts$rater[1])
  say("tracks", parts$track[1])
  say("tracks_by_level", parts$`track:level`[1])
}
