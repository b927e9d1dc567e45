// The Python module: what is thin about Trine for those who train elsewhere.

#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <utility>
#include <vector>

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>
#include <pybind11/stl/filesystem.h>

#include <trine/core/error.hpp>
#include <trine/core/parallel.hpp>
#include <trine/neighbors/gallery.hpp>
#include <trine/recognition/identification.hpp>

#include "arrays.hpp"
#include "networks.hpp"
#include "../../support/policies.hpp"
#include "searches.hpp"

namespace py = pybind11;
using namespace py::literals;

namespace {

using namespace trine;

// Others run while the library computes.
template <class F>
auto without_lock(F&& f) {
    py::gil_scoped_release const others_run;
    return f();
}

std::vector<double> numbers_of(py::handle values, char const* argument, std::string const& key) {
    std::vector<double> all;
    for (auto const& one : values) {
        if (py::isinstance<py::str>(one) || !PyNumber_Check(one.ptr()))
            throw py::type_error(std::string(argument) + ": \"" + key + "\" holds what is no number");
        all.push_back(py::float_(py::reinterpret_borrow<py::object>(one)).cast<double>());
    }
    return all;
}
program::policy_choice choice_of(std::string name, py::dict const& values, char const* argument) {
    program::policy_choice choice{std::move(name), {}};
    for (auto const& [key, value] : values) {
        if (!py::isinstance<py::str>(key))
            throw py::type_error(std::string(argument) + ": names of values are texts");
        auto& slot = choice.values[key.cast<std::string>()];
        if (py::isinstance<py::str>(value))
            slot = value.cast<std::string>();
        else if (py::isinstance<py::sequence>(value) ||
                 (py::isinstance<py::array>(value) && value.attr("ndim").cast<int>() == 1))
            slot = numbers_of(value, argument, key.cast<std::string>());
        else if (PyNumber_Check(value.ptr()))
            slot = py::float_(py::reinterpret_borrow<py::object>(value)).cast<double>();
        else
            throw py::type_error(std::string(argument) + ": \"" + key.cast<std::string>() +
                                 "\" is neither a number, a text nor a list of numbers");
    }
    return choice;
}
std::vector<program::policy_choice> penalties_of(py::dict const& regularizers) {
    std::vector<program::policy_choice> all;
    for (auto const& [name, values] : regularizers) {
        if (!py::isinstance<py::str>(name) || !py::isinstance<py::dict>(values))
            throw py::type_error(
                "regularizers: names with values are needed, as in {\"zero_mean\": {\"weight\": 0.1}}");
        all.push_back(choice_of(name.cast<std::string>(), values.cast<py::dict>(), "regularizers"));
    }
    return all;
}

struct result {
    double loss;
    py::object gradient;
    std::size_t chosen, terms, active;
    double positive_distance, negative_distance;
};

// One objective; a thread at a time uses it.
class objective_object {
public:
    objective_object(std::string miner, std::string loss, std::string distance, py::dict const& miner_values,
                     py::dict const& loss_values, py::dict const& distance_values, std::size_t memory,
                     py::dict const& regularizers, std::uint64_t seed)
        : objective_(program::make_objective({choice_of(std::move(miner), miner_values, "miner_values"),
                                              choice_of(std::move(loss), loss_values, "loss_values"),
                                              choice_of(std::move(distance), distance_values, "distance_values"),
                                              memory, penalties_of(regularizers)})),
          seed_(seed) {}

    result evaluate(py::object const& embeddings, py::object const& labels, py::object const& gradient,
                    std::optional<std::uint32_t> step) {
        auto const e = program::matrix_of(embeddings, "embeddings");
        auto const l = program::labels_of(labels, "labels", e.view.rows(), "embeddings");
        py::object out = gradient;
        matrix_view<float> to;
        if (py::isinstance<py::bool_>(gradient) || gradient.is_none()) {
            bool const wanted = gradient.is_none() || gradient.cast<bool>();
            out = wanted ? py::object(py::array_t<float>({e.view.rows(), e.view.cols()})) : py::none();
            if (wanted)
                to = program::output_of(out, "gradient", e.view.rows(), e.view.cols(), e);
        } else
            to = program::output_of(gradient, "gradient", e.view.rows(), e.view.cols(), e);
        auto const r = without_lock([&] {
            std::lock_guard const alone(busy_);
            std::uint32_t const at = step.value_or(step_);
            step_ = at + 1;
            return objective_(e.view, l.view, to, seed_, at);
        });
        return {r.loss, std::move(out), r.triplets, r.terms, r.active, r.positive_distance, r.negative_distance};
    }
    void start(std::size_t classes, std::size_t dimensions) {
        require<argument_error>(!handed_out_, "start: somebody holds this objective's parameters, which would lie "
                                              "elsewhere then: make another objective");
        std::lock_guard const alone(busy_);
        objective_.start(classes, dimensions, seed_);
        step_ = 0;
    }
    // What the loss itself learns, and its gradients, where they lie.
    static py::list parameters(py::object const& self) {
        auto& own = self.cast<objective_object&>();
        py::list all;
        own.objective_.each_parameter([&](std::span<float> values, std::span<float const> gradients) {
            py::array_t<float> const at(static_cast<py::ssize_t>(values.size()), values.data(), self),
                by(static_cast<py::ssize_t>(gradients.size()), gradients.data(), self);
            all.append(py::make_tuple(at, by));
            own.handed_out_ = own.handed_out_ || !values.empty();
        });
        return all;
    }
    std::string identity() const { return objective_.identity_of().text(); }

private:
    any_objective objective_;
    std::uint64_t seed_;
    std::uint32_t step_ = 0;
    bool handed_out_ = false;
    std::mutex busy_;
};

// Q×k distances and places; where a query has fewer, infinity and −1.
py::tuple as_arrays(neighbors::neighbor_lists const& found, std::size_t k) {
    py::array_t<float> distances({found.size(), k});
    py::array_t<std::int64_t> places({found.size(), k});
    float* d = distances.mutable_data();
    std::int64_t* p = places.mutable_data();
    for (std::size_t q = 0; q < found.size(); ++q)
        for (std::size_t i = 0; i < k; ++i, ++d, ++p) {
            bool const there = i < found[q].size();
            *d = there ? found[q][i].distance : std::numeric_limits<float>::infinity();
            *p = there ? static_cast<std::int64_t>(found[q][i].index) : -1;
        }
    return py::make_tuple(distances, places);
}

// An exact index; many threads may search at once, and one changes it.
struct index_object {
    std::unique_ptr<program::any_index> index;
    std::string distance, storage;
    std::shared_mutex busy{};
};

// A gallery with what searches it.
class gallery_object {
public:
    explicit gallery_object(neighbors::gallery<> g)
        : gallery(std::move(g)), finder_(program::make_finder(gallery.identity().distance)) {}

    std::vector<identification> find(matrix_view<float const> queries, decision_rule const& rule) {
        std::lock_guard const alone(busy);
        require<shape_error>(queries.cols() == gallery.dimensions(), "queries: points of ", queries.cols(),
                             " values in a gallery of ", gallery.dimensions());
        require<argument_error>(rule.k > 0 && rule.k <= gallery.size(), "k: ", rule.k, " neighbours in a gallery of ",
                                gallery.size(), " photos");
        return identify(gallery, finder_->search(gallery, queries, rule.k), rule);
    }

    neighbors::gallery<> gallery;
    std::mutex busy;

private:
    std::unique_ptr<program::gallery_finder> finder_;
};

template <class F>
auto with_gallery(gallery_object& g, F&& f) {
    return without_lock([&] {
        std::lock_guard const alone(g.busy);
        return f(g.gallery);
    });
}

void bind_errors(py::module_& m) {
    auto const named = [&](char const* name, char const* what, py::handle bases) {
        auto const type = py::reinterpret_steal<py::object>(
            PyErr_NewExceptionWithDoc(("trine." + std::string(name)).c_str(), what, bases.ptr(), nullptr));
        m.attr(name) = type;
        return type;
    };
    // The library's, and what Python has for it.
    py::object const base = named("Error", "What Trine refuses.", PyExc_Exception);
    static py::handle const value = named("ArgumentError", "Values that do not fit.",
                                          py::make_tuple(base, py::handle(PyExc_ValueError)))
                                        .release(),
                            file = named("FileError", "A file that cannot be read or written.",
                                         py::make_tuple(base, py::handle(PyExc_OSError)))
                                       .release(),
                            format = named("FormatError", "A file that is not what it has to be.",
                                           py::make_tuple(base, py::handle(PyExc_ValueError)))
                                         .release();
    py::register_exception_translator([](std::exception_ptr p) {
        try {
            if (p)
                std::rethrow_exception(p);
        } catch (io_error const& e) {
            PyErr_SetString(file.ptr(), e.what());
        } catch (format_error const& e) {
            PyErr_SetString(format.ptr(), e.what());
        } catch (error const& e) {
            PyErr_SetString(value.ptr(), e.what());
        }
    });
}

void bind_objectives(py::module_& m) {
    py::class_<result>(m, "Result", "What a batch came to.")
        .def_readonly("loss", &result::loss)
        .def_readonly("gradient", &result::gradient, "dloss/dembeddings, B×D, or None")
        .def_readonly("chosen", &result::chosen, "triplets or pairs that the miner chose")
        .def_readonly("terms", &result::terms, "terms of the loss")
        .def_readonly("active", &result::active, "terms above 0")
        .def_readonly("positive_distance", &result::positive_distance, "mean of what was chosen")
        .def_readonly("negative_distance", &result::negative_distance)
        .def("__repr__", [](result const& r) {
            return "Result(loss=" + std::to_string(r.loss) + ", chosen=" + std::to_string(r.chosen) +
                   ", active=" + std::to_string(r.active) + ")";
        });
    py::class_<objective_object>(m, "objective", R"(Mining and loss in one pass over a batch, with the gradient.

objective(miner, loss, distance) takes policies by the names of Trine's catalogue: miners(), losses() and distances()
list them. What a policy can be told is in miner_values, loss_values and distance_values, such as {"margin": 0.3},
{"reduction": "sum"}, {"swaps": True} or {"class_weights": [1, 2, 1]}; policies() has all with their values.

memory is how many embeddings of the last batches each batch is compared with too, in a cross-batch memory. regularizers
are penalties by name with their values, such as {"zero_mean": {"weight": 0.1}} on embeddings or {"regular_face": {"on":
"class_weights"}}.

Called with embeddings (B×D, float32) and labels (B whole numbers), it answers a Result.)")
        .def(py::init<std::string, std::string, std::string, py::dict const&, py::dict const&, py::dict const&,
                      std::size_t, py::dict const&, std::uint64_t>(),
             "miner"_a = "all", "loss"_a = "triplet_margin", "distance"_a = "squared_euclidean", py::kw_only(),
             "miner_values"_a = py::dict(), "loss_values"_a = py::dict(), "distance_values"_a = py::dict(),
             "memory"_a = 0, "regularizers"_a = py::dict(), "seed"_a = 0)
        .def("__call__", &objective_object::evaluate, "embeddings"_a, "labels"_a, py::kw_only(),
             "gradient"_a = py::none(), "step"_a = py::none(),
             R"(Loss and gradient of a batch.

gradient is an array to write to, or False where only the value is wanted. step numbers the batch, for what is drawn at
random; it counts the calls where it is not given.)")
        .def("start", &objective_object::start, "classes"_a, "dimensions"_a,
             "Draws the class weights of a proxy loss: labels are then 0 … classes − 1.")
        .def_property_readonly("parameters", &objective_object::parameters,
                               "What the loss itself learns: pairs of values and gradients, where they lie in memory.")
        .def_property_readonly("identity", &objective_object::identity, "Miner, loss and distance with all values.")
        .def("__repr__", &objective_object::identity);
    m.def("miners", &program::miner_names, "Names of miners.");
    m.def("losses", &program::loss_names, "Names of losses.");
    m.def("distances", &program::distance_names, "Names of distances.");
    m.def("regularizers", &program::regularizer_names, "Names of regularizers.");
    m.def("policies", &program::list_policies, "All of these with their values, as train_faces --list has them.");
}

void bind_searches(py::module_& m) {
    m.def(
        "search",
        [](py::object const& queries, py::object const& references, std::size_t k, std::string distance,
           std::string const& storage, py::dict const& distance_values) {
            auto const q = program::matrix_of(queries, "queries"), r = program::matrix_of(references, "references");
            auto const d = choice_of(std::move(distance), distance_values, "distance_values");
            require<shape_error>(q.view.cols() == r.view.cols(), "queries: rows of ", q.view.cols(),
                                 " values among references of ", r.view.cols());
            require<argument_error>(k > 0 && k <= r.view.rows(), "k: ", k, " neighbours among ", r.view.rows(),
                                    " references");
            return as_arrays(without_lock([&] {
                                 if (storage == "float32")
                                     return program::search(d, q.view, r.view, k);
                                 auto const index = program::make_index(r.view.cols(), d, storage);
                                 index->add(r.view);
                                 return index->search(q.view, k);
                             }),
                             k);
        },
        "queries"_a, "references"_a, "k"_a, "distance"_a = "squared_euclidean", "storage"_a = "float32", py::kw_only(),
        "distance_values"_a = py::dict(), R"(The k nearest references of every query, exactly, nearest first.

Answers distances (Q×k) and places (Q×k). References are read where they lie, and looked through for NaN each time;
for many searches of the same make an Index.)");

    py::class_<index_object>(m, "Index", R"(Points that are searched exactly.

storage says what a value takes: float32, float16 or int8, of which the last two find what they would in float32 but for
points that rounding cannot tell apart.)")
        .def(py::init([](std::size_t dimensions, std::string const& distance, std::string const& storage,
                         py::dict const& values) {
                 return std::unique_ptr<index_object>(new index_object{
                     program::make_index(dimensions, choice_of(distance, values, "distance_values"), storage), distance,
                     storage});
             }),
             "dimensions"_a, "distance"_a = "squared_euclidean", "storage"_a = "float32", py::kw_only(),
             "distance_values"_a = py::dict())
        .def(
            "add",
            [](index_object& i, py::object const& points) {
                auto const p = program::matrix_of(points, "points");
                require<shape_error>(p.view.cols() == i.index->dimensions(), "points: rows of ", p.view.cols(),
                                     " values for an index of ", i.index->dimensions());
                without_lock([&] {
                    std::unique_lock const alone(i.busy);
                    i.index->add(p.view);
                });
            },
            "points"_a, "Adds copies of points; they have places in their order.")
        .def(
            "remove",
            [](index_object& i, std::size_t place) {
                without_lock([&] {
                    std::unique_lock const alone(i.busy);
                    i.index->remove(place);
                });
            },
            "place"_a, "Leaves a point out of every later search.")
        .def(
            "search",
            [](index_object& i, py::object const& queries, std::size_t k) {
                auto const q = program::matrix_of(queries, "queries");
                require<shape_error>(q.view.cols() == i.index->dimensions(), "queries: rows of ", q.view.cols(),
                                     " values for an index of ", i.index->dimensions());
                return as_arrays(without_lock([&] {
                                     std::shared_lock const together(i.busy);
                                     std::size_t const there = i.index->size() - i.index->removed();
                                     require<argument_error>(k > 0 && k <= there, "k: ", k, " neighbours among ", there,
                                                             " points");
                                     return i.index->search(q.view, k);
                                 }),
                                 k);
            },
            "queries"_a, "k"_a, "Distances and places of the nearest, as of search.")
        .def("__len__", [](index_object const& i) { return i.index->size() - i.index->removed(); })
        .def_readonly("distance", &index_object::distance)
        .def_readonly("storage", &index_object::storage)
        .def_property_readonly("dimensions", [](index_object const& i) { return i.index->dimensions(); });
}

void bind_metrics(py::module_& m) {
    m.def(
        "retrieval",
        [](py::object const& queries, py::object const& query_labels, py::object const& references,
           py::object const& reference_labels, std::string distance) {
            bool const same = references.is_none();
            if (same != reference_labels.is_none())
                throw py::value_error("reference_labels: references and their labels come together");
            auto const q = program::matrix_of(queries, "queries");
            auto const ql = program::labels_of(query_labels, "query_labels", q.view.rows(), "queries");
            auto const r = same ? q : program::matrix_of(references, "references");
            auto const rl =
                same ? ql : program::labels_of(reference_labels, "reference_labels", r.view.rows(), "references");
            auto const d = choice_of(std::move(distance), {}, "distance");
            auto const found =
                without_lock([&] { return program::retrieval_of(d, q.view, ql.view, r.view, rl.view, same); });
            return py::dict("precision_at_1"_a = found.precision_at_1, "r_precision"_a = found.r_precision,
                            "mean_average_precision_at_r"_a = found.mean_average_precision_at_r,
                            "mean_reciprocal_rank"_a = found.mean_reciprocal_rank, "queries"_a = found.queries,
                            "first_ranks"_a = found.first_ranks);
        },
        "queries"_a, "query_labels"_a, "references"_a = py::none(), "reference_labels"_a = py::none(),
        "distance"_a = "squared_euclidean",
        "How well nearest neighbours are of the own person. Without references, queries are looked for among each "
        "other.");

    using curve = evaluation::verification_curve;
    py::class_<curve>(m, "verification", "How well distances tell pairs of one person from pairs of two: all pairs.")
        .def(py::init([](py::object const& points, py::object const& labels, std::string distance) {
                 auto const p = program::matrix_of(points, "points");
                 auto const l = program::labels_of(labels, "labels", p.view.rows(), "points");
                 auto const d = choice_of(std::move(distance), {}, "distance");
                 return without_lock(
                     [&] { return std::make_unique<curve>(program::verification_of(d, p.view, l.view)); });
             }),
             "points"_a, "labels"_a, "distance"_a = "squared_euclidean")
        .def_property_readonly("auc", &curve::auc)
        .def_property_readonly("same", &curve::same)
        .def_property_readonly("different", &curve::different)
        .def(
            "equal_error",
            [](curve const& c) {
                auto const p = c.equal_error();
                return py::make_tuple(p.false_accept_rate, p.distance);
            },
            "Where both error rates are equal: the rate, and the distance.")
        .def(
            "at_false_accept_rate",
            [](curve const& c, double rate) {
                auto const p = c.at_false_accept_rate(rate);
                return py::make_tuple(p.true_accept_rate, p.distance);
            },
            "rate"_a, "The largest share of same pairs accepted at most so many different ones, and the distance.");

    using identified = evaluation::identification_result;
    py::class_<identified>(m, "identification", "How well probes find their person in a gallery.")
        .def(py::init([](py::object const& probes, py::object const& probe_labels, py::object const& gallery,
                         py::object const& gallery_labels, std::string distance) {
                 auto const p = program::matrix_of(probes, "probes"), g = program::matrix_of(gallery, "gallery");
                 auto const pl = program::labels_of(probe_labels, "probe_labels", p.view.rows(), "probes"),
                            gl = program::labels_of(gallery_labels, "gallery_labels", g.view.rows(), "photos");
                 auto const d = choice_of(std::move(distance), {}, "distance");
                 return without_lock([&] { return program::identification_of(d, p.view, pl.view, g.view, gl.view); });
             }),
             "probes"_a, "probe_labels"_a, "gallery"_a, "gallery_labels"_a, "distance"_a = "squared_euclidean")
        .def_readonly("known", &identified::known)
        .def_readonly("unknown", &identified::unknown)
        .def("rank", &identified::rank, "k"_a, "Share of known probes whose person is among the k nearest people.")
        .def("detection_rate", &identified::detection_rate, "false_positive_rate"_a,
             "Open set: the share of known probes named rightly, and the threshold.");
}

void bind_galleries(py::module_& m) {
    py::class_<identification>(m, "Found", "Whom a photo shows.")
        .def_readonly("name", &identification::name, "the person with most votes, also where that is too far")
        .def_readonly("known", &identification::known, "whether that is near enough")
        .def_readonly("distance", &identification::distance)
        .def_readonly("margin", &identification::margin)
        .def_readonly("votes", &identification::votes)
        .def_readonly("confidence", &identification::confidence)
        .def_property_readonly("places", [](identification const& i) {
            std::vector<std::size_t> all;
            for (auto const& n : i.nearest)
                all.push_back(n.index);
            return all;
        });
    py::class_<gallery_object>(m, "Gallery", R"(Known people in a file: for each photo a point, a name and a source.

One program writes, others read; see Trine's `gallery`, whose files these are.)")
        .def_static(
            "create",
            [](std::filesystem::path const& path, std::size_t dimensions, std::string distance, std::string network) {
                require<argument_error>(dimensions > 0, "dimensions: a point has at least one value");
                auto const d = choice_of(std::move(distance), {}, "distance");
                return std::make_unique<gallery_object>(neighbors::gallery<>::create(
                    path, {std::move(network), program::distance_identity(d), dimensions}));
            },
            "path"_a, "dimensions"_a, "distance"_a = "squared_euclidean", "network"_a = "python",
            "Makes an empty gallery in a file, open for writing. network says whose points they are.")
        .def_static(
            "open",
            [](std::filesystem::path const& path, bool write) {
                return std::make_unique<gallery_object>(
                    neighbors::gallery<>::open(path, write ? neighbors::access::write : neighbors::access::read));
            },
            "path"_a, "write"_a = false)
        .def(
            "add",
            [](gallery_object& g, std::vector<std::string> const& names, py::object const& points,
               std::optional<std::vector<std::string>> const& sources) {
                auto const p = program::matrix_of(points, "points");
                require<shape_error>(names.size() == p.view.rows(), "names: ", names.size(), " names for ",
                                     p.view.rows(), " points");
                std::vector<std::string> const from = sources.value_or(std::vector<std::string>(names.size()));
                require<shape_error>(from.size() == names.size(), "sources: ", from.size(), " sources for ",
                                     names.size(), " names");
                return with_gallery(g, [&](auto& gallery) { return gallery.add(names, from, p.view); });
            },
            "names"_a, "points"_a, "sources"_a = py::none(), "Adds photos; answers the first one's place.")
        .def(
            "find",
            [](gallery_object& g, py::object const& queries, std::size_t k, double threshold, bool weighted) {
                auto const q = program::matrix_of(queries, "queries");
                return without_lock([&] { return g.find(q.view, {k, weighted, threshold}); });
            },
            "queries"_a, "k"_a = 1, "threshold"_a = std::numeric_limits<double>::infinity(), "weighted"_a = false,
            "Whom photos show, by the votes of the k nearest; who is farther than the threshold is not known.")
        .def(
            "remove",
            [](gallery_object& g, std::string const& name) {
                return with_gallery(g, [&](auto& gallery) { return gallery.remove(name); });
            },
            "name"_a, "Removes a person with all photos; answers how many these were.")
        .def(
            "rename",
            [](gallery_object& g, std::string const& name, std::string const& to) {
                with_gallery(g, [&](auto& gallery) { gallery.rename(name, to); });
            },
            "name"_a, "to"_a)
        .def(
            "merge",
            [](gallery_object& g, std::string const& name, std::string const& into) {
                with_gallery(g, [&](auto& gallery) { gallery.merge(name, into); });
            },
            "name"_a, "into"_a)
        .def(
            "refresh",
            [](gallery_object& g) { return with_gallery(g, [](auto& gallery) { return gallery.refresh(); }); },
            "Takes in what another program has written; answers whether there was anything.")
        .def(
            "people", [](gallery_object& g) { return with_gallery(g, [](auto& gallery) { return gallery.people(); }); },
            "How many photos there are of each person.")
        .def(
            "name",
            [](gallery_object& g, std::size_t place) {
                return with_gallery(g, [&](auto& gallery) {
                    require<argument_error>(place < gallery.places(), "place: there is no photo at ", place);
                    return gallery.name(place);
                });
            },
            "place"_a)
        .def(
            "source",
            [](gallery_object& g, std::size_t place) {
                return with_gallery(g, [&](auto& gallery) {
                    require<argument_error>(place < gallery.places(), "place: there is no photo at ", place);
                    return gallery.source(place);
                });
            },
            "place"_a)
        .def("__len__", [](gallery_object& g) { return with_gallery(g, [](auto& gallery) { return gallery.size(); }); })
        .def_property_readonly("dimensions", [](gallery_object& g) { return g.gallery.dimensions(); })
        .def_property_readonly("network", [](gallery_object& g) { return g.gallery.identity().network; })
        .def_property_readonly("distance", [](gallery_object& g) { return g.gallery.identity().distance; });
}

void bind_networks(py::module_& m) {
    using program::network_object;
    py::class_<network_object>(m, "Network", "A trained network of the kinds that backbones() lists.")
        .def(py::init([](std::filesystem::path const& file, std::string const& backbone) {
                 return without_lock([&] { return std::make_unique<network_object>(file, backbone); });
             }),
             "file"_a, "backbone"_a = "grey64", "Reads what train_faces or fine_tune saved.")
        .def(
            "embed",
            [](network_object& n, py::object const& images) {
                auto const& shape = *n.network;
                auto const i = program::images_of(images, "images", {shape.channels, shape.height, shape.width});
                py::array_t<float> out({i.count, shape.embedding_size});
                float* const to = out.mutable_data();
                without_lock([&] { n.embed(i.data, i.count, to); });
                return out;
            },
            "images"_a, "Embeddings (N×D) of images (N×C×H×W, float32; a value of 0 to 255 is x / 127.5 − 1).")
        .def_property_readonly("shape",
                               [](network_object const& n) {
                                   return py::make_tuple(n.network->channels, n.network->height, n.network->width);
                               })
        .def_property_readonly("embedding_size", [](network_object const& n) { return n.network->embedding_size; })
        .def_property_readonly("backbone", [](network_object const& n) { return n.network->backbone; })
        .def_readonly("fingerprint", &network_object::fingerprint, "What galleries know the network by.");
    m.def("backbones", &program::network_names, "Names of networks.");
}

} // namespace

PYBIND11_MODULE(_trine, m) {
    m.doc() = "Trine's mining, losses, search, galleries and networks, on arrays of NumPy and PyTorch.";
    bind_errors(m);
    bind_objectives(m);
    bind_searches(m);
    bind_metrics(m);
    bind_galleries(m);
    bind_networks(m);
    m.def("threads", &thread_count, "How many threads the calling thread's work uses.");
    m.def(
        "set_threads",
        [](std::size_t count) {
            require<argument_error>(count > 0 && count <= 1024, "count: from 1 to 1024 threads, not ", count);
            set_thread_count(count);
        },
        "count"_a, "Sets that. Results do not depend on it.");
}
