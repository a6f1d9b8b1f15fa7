#pragma once
#include <stdint.h>
#include "oneapi/dnnl/dnnl.h"
