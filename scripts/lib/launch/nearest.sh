# The word that the user most likely meant; sourced by scripts/launch.
# shellcheck shell=bash

# nearest_word WORD: of the words on standard input, one per line, the one with the smallest edit distance to
# WORD, if that is small enough: the same rule as the command's for keys and options. Ignores case and leading
# dashes.
nearest_word() {
    word=$1 awk '
        function plain(text) {
            sub(/^-+/, "", text)
            return tolower(text)
        }
        function least(a, b) { return a < b ? a : b }
        # The number of insertions, deletions, replacements and swaps of neighbors that turn a into b.
        function mistakes(a, b,    i, j, table, differs) {
            for (i = 0; i <= length(a); i++) table[i, 0] = i
            for (j = 0; j <= length(b); j++) table[0, j] = j
            for (i = 1; i <= length(a); i++)
                for (j = 1; j <= length(b); j++) {
                    differs = substr(a, i, 1) != substr(b, j, 1)
                    table[i, j] = least(least(table[i - 1, j], table[i, j - 1]) + 1, table[i - 1, j - 1] + differs)
                    if (i > 1 && j > 1 && substr(a, i, 1) == substr(b, j - 1, 1) && substr(a, i - 1, 1) == substr(b, j, 1))
                        table[i, j] = least(table[i, j], table[i - 2, j - 2] + 1)
                }
            return table[length(a), length(b)]
        }
        BEGIN { word = plain(ENVIRON["word"]) }
        {
            count = mistakes(word, plain($0))
            longest = length(plain($0)) > length(word) ? length(plain($0)) : length(word)
            if (best == "" || count < fewest) { best = $0; fewest = count; limit = longest < 6 ? 2 : longest / 3 }
        }
        END { if (best != "" && (fewest == 0 || fewest <= limit && fewest < length(word))) print best }
    '
}
