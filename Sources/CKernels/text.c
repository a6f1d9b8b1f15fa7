#include "lockstep_text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

int lockstep_format_exact(double value, char *text) {
    int length = 0;
    for (int digits = 15; digits <= 17; digits++) {
        length = snprintf(text, LOCKSTEP_NUMBER_TEXT, "%.*g", digits, value);
        if (strtod(text, NULL) == value) break;
    }
    return length;
}

int lockstep_format_decimals(double value, int decimals, char *text) {
    if (decimals > 12) decimals = 12;
    const char *format = fabs(value) < 1e16 ? "%.*f" : "%.*e";
    return snprintf(text, LOCKSTEP_NUMBER_TEXT, format, decimals, value);
}

int lockstep_format_digits(double value, int digits, char *text) {
    if (digits > 17) digits = 17;
    return snprintf(text, LOCKSTEP_NUMBER_TEXT, "%.*g", digits, value);
}
