#pragma once

#include <string>
#include <utility>
#include <vector>

#include "../core/config.hpp"
#include "options.hpp"

namespace trine {

/// The log of a run: a header and a line of comma-separated values for each epoch.
std::string training_log(std::vector<epoch_report> const& epochs);

/// The same as an object of JSON for each epoch, a line each.
std::string training_log_json(std::vector<epoch_report> const& epochs);

/// An epoch's numbers for an event file: named as groups, so that charts of one kind stand together.
std::vector<std::pair<std::string, double>> training_scalars(epoch_report const& epoch);

} // namespace trine

#ifdef TRINE_HEADER_ONLY
#include "log_impl.hpp"
#endif
