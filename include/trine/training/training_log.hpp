#pragma once

#include <iomanip>
#include <sstream>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "training_options.hpp"

namespace trine {

/// The log of a run: a header and a line of comma-separated values for each epoch.
inline std::string training_log(std::vector<epoch_report> const& epochs) {
    std::ostringstream out;
    out << "epoch,loss,active,triplets,positive_distance,negative_distance,learning_rate,seconds,photos_per_second\n"
        << std::setprecision(9);
    for (auto const& e : epochs)
        out << e.epoch << ',' << e.loss << ',' << e.active << ',' << e.triplets << ',' << e.positive_distance << ','
            << e.negative_distance << ',' << e.learning_rate << ',' << e.seconds << ',' << e.photos_per_second << '\n';
    return out.str();
}

/// The same as an object of JSON for each epoch, a line each.
inline std::string training_log_json(std::vector<epoch_report> const& epochs) {
    std::string out;
    for (auto const& e : epochs)
        out += nlohmann::json{{"epoch", e.epoch},
                              {"epochs", e.epochs},
                              {"loss", e.loss},
                              {"active", e.active},
                              {"triplets", e.triplets},
                              {"positive_distance", e.positive_distance},
                              {"negative_distance", e.negative_distance},
                              {"learning_rate", e.learning_rate},
                              {"seconds", e.seconds},
                              {"photos_per_second", e.photos_per_second}}
                   .dump() +
               "\n";
    return out;
}

} // namespace trine
