#pragma once
/// oneDNN behind prefixed functions: this target hides the differences between oneDNN 2.x and 3.x.
///
/// A primitive is created once from full parameters and owns its oneDNN memory objects and its scratchpad.
/// Executing it only sets data pointers, without allocation on our side. Data is float32 or bfloat16
/// (`lockstep_dnn_type`). Layout letters: N samples, C channels, H height, W width, O output channels, I
/// input channels. Images are NHWC in memory. Extents are positive: for an empty shard do not call these
/// functions.
#include "lockstep_dnn_base.h"
#include "lockstep_dnn_convolution.h"
#include "lockstep_dnn_elementwise.h"
#include "lockstep_dnn_matmul.h"
#include "lockstep_dnn_movement.h"
#include "lockstep_dnn_normalization.h"
#include "lockstep_dnn_packing.h"
#include "lockstep_dnn_peak.h"
#include "lockstep_dnn_pooling.h"
#include "lockstep_dnn_softmax.h"
