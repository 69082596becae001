// Numbers as text that is the same on every machine and in every locale.
#pragma once

#include <string>

namespace mae {

/// `value` with `digits` decimals ("24.10"); "inf", "-inf" and "nan" for numbers that are not
/// finite. Never "-0.00".
std::string fixed_text(double value, int digits);

/// The shortest text of at most `significant` digits ("0.002", "1500", "1e-08").
std::string short_text(double value, int significant = 6);

}  // namespace mae
