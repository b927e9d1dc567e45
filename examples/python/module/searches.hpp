#pragma once

// Searches, judgements and galleries by a distance's name.

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <trine/evaluation/identification.hpp>
#include <trine/evaluation/retrieval.hpp>
#include <trine/evaluation/verification.hpp>
#include <trine/neighbors/concepts.hpp>
#include <trine/neighbors/gallery.hpp>

#include "../../support/policies.hpp"

namespace program {

using matrix = trine::matrix_view<float const>;
using labels = std::span<trine::label const>;

/// Points that are searched exactly, whatever compares them and however they are kept.
class any_index {
public:
    virtual ~any_index() = default;
    virtual void add(matrix points) = 0;
    virtual void remove(std::size_t place) = 0;
    virtual trine::neighbors::neighbor_lists search(matrix queries, std::size_t k) const = 0;
    virtual std::size_t size() const = 0;
    virtual std::size_t removed() const = 0;
    virtual std::size_t dimensions() const = 0;
};
/// @param storage  float32, float16 or int8
/// @throws trine::argument_error  when there is no such storage or distance
std::unique_ptr<any_index> make_index(std::size_t dimensions, policy_choice const& distance,
                                      std::string const& storage);
/// The nearest of an array, which is read where it is.
trine::neighbors::neighbor_lists search(policy_choice const& distance, matrix queries, matrix references,
                                        std::size_t k);

trine::evaluation::retrieval retrieval_of(policy_choice const& distance, matrix queries, labels of_queries,
                                          matrix references, labels of_references, bool same_source);
trine::evaluation::verification_curve verification_of(policy_choice const& distance, matrix points, labels people);
trine::evaluation::identification_result identification_of(policy_choice const& distance, matrix probes,
                                                           labels of_probes, matrix gallery, labels of_gallery);

/// Finds the nearest in a gallery by the gallery's own distance.
class gallery_finder {
public:
    virtual ~gallery_finder() = default;
    virtual trine::neighbors::neighbor_lists search(trine::neighbors::gallery<> const& gallery, matrix queries,
                                                    std::size_t k) = 0;
};
/// @param identity  a distance's, as its gallery has it
/// @throws trine::argument_error  when it is none of those by name
std::unique_ptr<gallery_finder> make_finder(std::string const& identity);
/// A distance's identity, as galleries have it.
std::string distance_identity(policy_choice const& distance);

} // namespace program
