#pragma once

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <sstream>

#include "../io/json.hpp"
#include "log.hpp"

namespace trine {

TRINE_INLINE std::string training_log(std::vector<epoch_report> const& epochs) {
    std::ostringstream out;
    bool const judged =
        std::any_of(epochs.begin(), epochs.end(), [](auto const& e) { return !std::isnan(e.validation); });
    out << "epoch,loss,active,triplets,positive_distance,negative_distance,learning_rate,seconds,photos_per_second"
        << (judged ? ",validation\n" : "\n") << std::setprecision(9);
    for (auto const& e : epochs) {
        out << e.epoch << ',' << e.loss << ',' << e.active << ',' << e.triplets << ',' << e.positive_distance << ','
            << e.negative_distance << ',' << e.learning_rate << ',' << e.seconds << ',' << e.photos_per_second;
        if (judged)
            out << ',' << e.validation;
        out << '\n';
    }
    return out.str();
}

TRINE_INLINE std::string training_log_json(std::vector<epoch_report> const& epochs) {
    std::string out;
    for (auto const& e : epochs) {
        io::json::object line{{"epoch", e.epoch},
                              {"epochs", e.epochs},
                              {"loss", e.loss},
                              {"active", e.active},
                              {"triplets", e.triplets},
                              {"positive_distance", e.positive_distance},
                              {"negative_distance", e.negative_distance},
                              {"learning_rate", e.learning_rate},
                              {"seconds", e.seconds},
                              {"photos_per_second", e.photos_per_second}};
        if (!std::isnan(e.validation))
            line.emplace_back("validation", e.validation);
        out += io::json(std::move(line)).dump() + "\n";
    }
    return out;
}

TRINE_INLINE std::vector<std::pair<std::string, double>> training_scalars(epoch_report const& epoch) {
    return {{"loss", epoch.loss},
            {"triplets/active", epoch.active},
            {"triplets/chosen", epoch.triplets},
            {"distance/positive", epoch.positive_distance},
            {"distance/negative", epoch.negative_distance},
            {"learning_rate", epoch.learning_rate},
            {"photos_per_second", epoch.photos_per_second}};
}

} // namespace trine
