# Reads JSON, which base R does not: what was ticked, and the options of questions. Read by analysis.R.

json_text <- function(token) {
  inner <- substr(token, 2, nchar(token) - 1)
  if (!grepl("\\", inner, fixed = TRUE)) return(inner)
  parts <- strsplit(paste0(inner, " "), "\\\\", fixed = TRUE)[[1]]  # between backslashes that stand for one
  signs <- c('\\"' = '"', "\\/" = "/", "\\n" = "\n", "\\r" = "\r", "\\t" = "\t", "\\b" = "\b", "\\f" = "\f")
  for (sign in names(signs)) parts <- gsub(sign, signs[[sign]], parts, fixed = TRUE)
  whole <- paste(parts, collapse = "\\")
  substr(whole, 1, nchar(whole) - 1)
}

from_json <- function(json) {  # arrays and objects become lists
  pattern <- '"(?:[^"\\\\]|\\\\.)*"|[][{}:,]|-?[0-9][0-9.eE+-]*|true|false|null'
  tokens <- regmatches(json, gregexpr(pattern, json, perl = TRUE))[[1]]
  at <- 0
  take <- function() tokens[at <<- at + 1]
  value <- function() {
    token <- take()
    if (!token %in% c("[", "{")) {
      if (startsWith(token, '"')) return(json_text(token))
      return(switch(token, true = TRUE, false = FALSE, null = NA, as.numeric(token)))
    }
    members <- list()
    keys <- character(0)
    while (!tokens[at + 1] %in% c("]", "}")) {
      if (tokens[at + 1] == ",") at <<- at + 1
      if (token == "{") {
        keys <- c(keys, json_text(take()))
        at <<- at + 1  # the colon
      }
      members <- c(members, list(value()))
    }
    at <<- at + 1
    if (token == "{") setNames(members, keys) else members
  }
  value()
}
