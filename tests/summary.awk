# Sums up the JUnit files that ctest writes: failed tests with their last lines of output, skipped ones with the reason,
# and at the end "N passed, N failed, N skipped".

function attribute(name) { return match($0, " " name "=\"[^\"]*\"") ? substr($0, RSTART + length(name) + 3, RLENGTH - length(name) - 4) : "" }

function plain(text) {
  gsub(/&lt;/, "<", text); gsub(/&gt;/, ">", text); gsub(/&quot;/, "\"", text); gsub(/&apos;/, "'", text); gsub(/&amp;/, "\\&", text)
  return text
}

function finish_case(  first, i) {
  if (status == "run") {
    passed++
  } else if (status == "notrun" && skip == "SKIP_REGULAR_EXPRESSION_MATCHED") {
    skipped++
    printf "SKIPPED %s: %s\n", test, reason == "" ? "no reason given" : reason
  } else {
    failed++
    printf "FAILED  %s%s\n", test, skip != "" ? ": " skip : lines == 0 ? ": no output (timed out or killed)" : ""
    first = lines > 40 ? lines - 40 : 0
    for (i = first; i < lines; i++) printf "        %s\n", output[i]
  }
}

function keep(line) {
  output[lines++] = line
  if (after_skip && reason == "") reason = line
  after_skip = (line ~ /: Skipped$/)
}

/^\t<testcase / { test = plain(attribute("name")); status = attribute("status"); skip = reason = ""; lines = inside = after_skip = 0 }
/^\t\t<skipped / { skip = plain(attribute("message")) }
/^\t\t<system-out>/ { inside = 1; sub(/^\t\t<system-out>/, "") }
/^\t<\/testcase>/ { finish_case(); next }
inside {
  last = sub(/<\/system-out>$/, "")
  if (!last || $0 != "") keep(plain($0))
  if (last) inside = 0
}

END { printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped }
