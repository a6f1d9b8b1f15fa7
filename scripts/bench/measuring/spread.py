"""Medians, quartiles, and an interval for the median that assumes nothing about the distribution."""

import math


def quantile(values, share):
    """The value below which `share` of the values lie, interpolated linearly between the two nearest (type 7)."""
    ordered = sorted(values)
    if not ordered:
        raise ValueError("no values")
    place = share * (len(ordered) - 1)
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (place - low) * (ordered[high] - ordered[low])


def median(values):
    """The middle value, or the mean of the two in the middle."""
    return quantile(values, 0.5)


def median_interval(values, confidence=0.9):
    """Two of the values, between which the true median lies with at least this confidence: (low, high, confidence reached).

    For n independent values the k-th smallest and the k-th largest enclose the median with probability
    1 - 2 P(B < k), B binomial with n trials of probability 1/2; k is the largest for which this is enough. With fewer than 5
    values even the smallest and the largest do not reach 0.9: they are returned, with their confidence.
    Source: W. J. Conover, Practical Nonparametric Statistics, section 3.2."""
    ordered = sorted(values)
    count = len(ordered)
    if not count:
        raise ValueError("no values")
    below, chosen, reached = 0.0, 1, 0.0
    for k in range(1, (count + 1) // 2 + 1):
        below += math.comb(count, k - 1) * 0.5**count
        covered = max(0.0, 1 - 2 * below)
        if k > 1 and covered < confidence:
            break
        chosen, reached = k, covered
    return ordered[chosen - 1], ordered[count - chosen], reached


def summary(values, confidence=0.9):
    """Median, quartiles and the interval of the median, as a dictionary."""
    low, high, reached = median_interval(values, confidence)
    return {
        "median": median(values),
        "lower_quartile": quantile(values, 0.25),
        "upper_quartile": quantile(values, 0.75),
        "interval_low": low,
        "interval_high": high,
        "interval_confidence": reached,
        "count": len(values),
    }
