#!/usr/bin/env python3
"""Checks the statistics and the models of the measuring scripts against values worked out by hand; needs nothing but Python.

Prints one line for each check and ends with status 1 where one fails."""

import sys

from measuring import spread

failures = 0


def check(what, got, expected, tolerance=1e-12):
    global failures
    pairs = zip(got, expected) if isinstance(expected, (list, tuple)) else [(got, expected)]
    good = all(abs(a - b) <= tolerance * max(1, abs(b)) for a, b in pairs)
    failures += not good
    print(f"{'ok' if good else 'FAILED'}: {what}" + ("" if good else f": {got}, expected {expected}"))


check("median of an odd number", spread.median([5, 1, 3]), 3)
check("median of an even number", spread.median([4, 1, 3, 2]), 2.5)
check("quartiles are interpolated", [spread.quantile([1, 2, 3, 4], share) for share in (0.25, 0.75)], [1.75, 3.25])
check("quantiles at the ends", [spread.quantile([7, 9, 8], share) for share in (0, 1)], [7, 9])
# Tables of the sign test: of 20 values the 6th and the 15th enclose the median with 95.86%; of 10 the 2nd and the 9th with 97.85%.
check("interval of 20 values", spread.median_interval(range(1, 21)), [6, 15, 0.9586105347], 1e-9)
check("interval of 10 values", spread.median_interval(range(1, 11)), [2, 9, 0.978515625], 1e-9)
check("interval of 5 values", spread.median_interval([3, 1, 2, 5, 4]), [1, 5, 0.9375])
check("4 values do not reach 0.9", spread.median_interval([1, 2, 3, 4]), [1, 4, 0.875])
check("interval of one value", spread.median_interval([2]), [2, 2, 0])
check("order does not matter", spread.median_interval([20 - n for n in range(20)])[:2], [6, 15])

sys.exit(1 if failures else 0)
