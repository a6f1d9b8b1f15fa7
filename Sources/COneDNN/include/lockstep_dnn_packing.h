#pragma once
#include "lockstep_dnn_base.h"

/// These functions take a convolution primitive, which reads its weights (or writes their gradient) in a
/// layout chosen by oneDNN. Plain is dense and in PyTorch's order.

/// Whether the chosen layout of the weights, or of their gradient, is the plain one: then no packing is
/// needed.
int lockstep_dnn_weights_are_plain(const lockstep_dnn_primitive *primitive);

/// The size of the weights, or of their gradient, in the chosen layout, in bytes.
size_t lockstep_dnn_weights_bytes(const lockstep_dnn_primitive *primitive);

/// Copies plain weights into the layout that `user` reads.
lockstep_dnn_status lockstep_dnn_pack_create(lockstep_dnn_primitive **primitive, const lockstep_dnn_primitive *user);

/// Copies the gradient that `user` wrote to the plain layout, or adds it there.
lockstep_dnn_status lockstep_dnn_unpack_create(
    lockstep_dnn_primitive **primitive, const lockstep_dnn_primitive *user, int accumulate);

/// Executes what `pack_create` or `unpack_create` made.
lockstep_dnn_status lockstep_dnn_packing_execute(lockstep_dnn_primitive *primitive, const void *from, void *to);
