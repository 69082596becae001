// MAE_KERNELS: whether our own kernels run, or the plain code that they are held to.
#pragma once

namespace mae {

/// True unless the environment says MAE_KERNELS=plain. Read once.
/// throws UsageError  it says neither "plain" nor "auto"
bool use_own_kernels();

/// Sets the choice for the rest of the process, for tests that compare both.
void set_own_kernels(bool use);

}  // namespace mae
