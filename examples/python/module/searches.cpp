#include "searches.hpp"

#include <trine/neighbors/exact.hpp>
#include <trine/neighbors/gallery_search.hpp>
#include <trine/neighbors/search.hpp>

namespace program {

using namespace trine;

namespace {

template <class Index>
class index_of final : public any_index {
public:
    template <class Distance>
    index_of(std::size_t dimensions, Distance const& distance) : index_(dimensions, distance) {}
    void add(matrix points) override { index_.add(points); }
    void remove(std::size_t place) override { index_.remove(place); }
    neighbors::neighbor_lists search(matrix queries, std::size_t k) const override { return index_.search(queries, k); }
    std::size_t size() const override { return index_.size(); }
    std::size_t removed() const override { return index_.removed(); }
    std::size_t dimensions() const override { return index_.dimensions(); }

private:
    Index index_;
};

template <class Distance>
class finder final : public gallery_finder {
public:
    explicit finder(Distance const& d) : search_(d) {}
    neighbors::neighbor_lists search(neighbors::gallery<> const& gallery, matrix queries, std::size_t k) override {
        return search_.search(gallery, queries, k);
    }

private:
    neighbors::gallery_search<neighbors::exact, Distance> search_;
};

} // namespace

std::unique_ptr<any_index> make_index(std::size_t dimensions, policy_choice const& distance,
                                      std::string const& storage) {
    require<argument_error>(dimensions > 0, "dimensions: a point has at least one value");
    return with_distance(distance, [&]<class Distance>(Distance const& d) -> std::unique_ptr<any_index> {
        using namespace neighbors;
        if (storage == "float32")
            return std::make_unique<index_of<exact::index<Distance>>>(dimensions, d);
        if (storage == "float16")
            return std::make_unique<index_of<exact_in<storage::float16>::index<Distance>>>(dimensions, d);
        require<argument_error>(storage == "int8", "storage: there is no \"", storage,
                                "\", but float32, float16 or int8");
        return std::make_unique<index_of<exact_in<storage::int8>::index<Distance>>>(dimensions, d);
    });
}

neighbors::neighbor_lists search(policy_choice const& distance, matrix queries, matrix references, std::size_t k) {
    return with_distance(distance, [&](auto const& d) { return neighbors::search(d, queries, references, k); });
}

evaluation::retrieval retrieval_of(policy_choice const& distance, matrix queries, labels of_queries, matrix references,
                                   labels of_references, bool same_source) {
    return with_distance(distance, [&](auto const& d) {
        return evaluation::evaluate_retrieval(d, queries, of_queries, references, of_references, same_source);
    });
}

evaluation::verification_curve verification_of(policy_choice const& distance, matrix points, labels people) {
    return with_distance(distance, [&](auto const& d) { return evaluation::verification_curve(d, points, people); });
}

evaluation::identification_result identification_of(policy_choice const& distance, matrix probes, labels of_probes,
                                                    matrix gallery, labels of_gallery) {
    return with_distance(distance, [&](auto const& d) {
        return evaluation::evaluate_identification(d, probes, of_probes, gallery, of_gallery);
    });
}

std::string distance_identity(policy_choice const& distance) {
    return with_distance(distance, [](auto const& d) { return identity_of(d).text(); });
}

std::unique_ptr<gallery_finder> make_finder(std::string const& identity) {
    for (auto const& name : distance_names()) {
        policy_choice choice{name, {}};
        if (name == "lp" && identity.starts_with("lp (p "))
            choice.values["p"] = std::stod(identity.substr(6));
        if (distance_identity(choice) == identity)
            return with_distance(choice, []<class Distance>(Distance const& d) -> std::unique_ptr<gallery_finder> {
                return std::make_unique<finder<Distance>>(d);
            });
    }
    fail<argument_error>("the gallery's distance is ", identity, ", but ", one_of(distance_names()), " are known here");
}

} // namespace program
