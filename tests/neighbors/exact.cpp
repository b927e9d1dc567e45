#include <trine/neighbors/exact.hpp>

#include <cmath>
#include <numeric>

#include <trine/distances/cosine.hpp>
#include <trine/distances/euclidean.hpp>
#include <trine/distances/lp.hpp>
#include <trine/kernels/int8.hpp>

#include "support/awkward_galleries.hpp"
#include "support/catch.hpp"
#include "support/random_values.hpp"

using namespace trine;
namespace storage = neighbors::storage;

namespace {

// The plainest search: a loop in double, and everything sorted.
template <class Distance>
double plain(float const* a, float const* b, std::size_t d) {
    double squares = 0, product = 0, aa = 0, bb = 0;
    for (std::size_t k = 0; k < d; ++k) {
        double const x = static_cast<double>(a[k]), y = static_cast<double>(b[k]);
        squares += (x - y) * (x - y), product += x * y, aa += x * x, bb += y * y;
    }
    if constexpr (std::is_same_v<Distance, distances::squared_euclidean>)
        return squares;
    else if constexpr (std::is_same_v<Distance, distances::euclidean>)
        return std::sqrt(squares);
    else if constexpr (std::is_same_v<Distance, distances::dot_product>)
        return -product;
    else {
        double const cosine = aa > 0 && bb > 0 ? product / std::sqrt(aa) / std::sqrt(bb) : 0;
        if constexpr (std::is_same_v<Distance, distances::cosine>)
            return 1 - cosine;
        else if constexpr (std::is_same_v<Distance, distances::angular>)
            return std::acos(std::clamp(cosine, -1.0, 1.0));
        else // between unit rows
            return (aa > 0) + (bb > 0) - 2 * cosine;
    }
}

// Whether a list is the plain one: the same distances in the same order, and the same places wherever distances differ
// by more than double's rounding.
template <class Distance>
void check_lists(neighbors::neighbor_lists const& found, points const& queries, points const& gallery, std::size_t k,
                 std::vector<bool> const& removed = {}) {
    REQUIRE(found.size() == queries.n);
    std::size_t wrong = 0, late = 0;
    for (std::size_t q = 0; q < queries.n; ++q) {
        std::vector<double> d(gallery.n);
        double scale = 0;
        for (std::size_t i = 0; i < gallery.n; ++i) {
            d[i] = plain<Distance>(queries.row(q), gallery.row(i), gallery.d);
            if constexpr (std::is_same_v<Distance, distances::dot_product>) { // cancels
                double sum = 0;
                for (std::size_t c = 0; c < gallery.d; ++c)
                    sum += std::abs(static_cast<double>(queries.row(q)[c]) * static_cast<double>(gallery.row(i)[c]));
                scale = std::max(scale, sum);
            }
        }
        std::vector<std::size_t> order;
        for (std::size_t i = 0; i < gallery.n; ++i)
            if (removed.empty() || !removed[i])
                order.push_back(i);
        std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return d[a] < d[b]; });
        REQUIRE(found[q].size() == k);
        constexpr bool of_angles =
            !std::is_same_v<Distance, distances::squared_euclidean> && !std::is_same_v<Distance, distances::euclidean>;
        for (std::size_t j = 0; j < k; ++j) {
            double const expected = d[order[j]], got = d[found[q][j].index],
                         tolerance = 1e-13 * std::abs(expected) + 1e-13 * scale +
                                     (of_angles ? (std::is_same_v<Distance, distances::angular> ? 1e-7 : 1e-14) : 0.0);
            wrong += std::abs(got - expected) > tolerance;
            // As a float, the distance is the true one's.
            if (std::abs(expected) < 1e37)
                wrong += std::abs(static_cast<double>(found[q][j].distance) - expected) >
                         1e-6 * std::abs(expected) + 10 * tolerance + 1e-37;
            // Exact duplicates come by their places.
            if (j > 0 && std::equal(gallery.row(found[q][j].index), gallery.row(found[q][j].index) + gallery.d,
                                    gallery.row(found[q][j - 1].index)))
                late += found[q][j].index < found[q][j - 1].index;
        }
    }
    CHECK(wrong == 0);
    CHECK(late == 0);
}

} // namespace

TEMPLATE_TEST_CASE("exact search finds what a plain loop in double finds", "[neighbors]", distances::squared_euclidean,
                   distances::euclidean, distances::cosine, distances::angular, distances::dot_product,
                   distances::normalized<distances::squared_euclidean>) {
    std::size_t const n = 1500;
    for (std::size_t d : {std::size_t{5}, std::size_t{48}})
        for (auto const& [name, gallery] : awkward_galleries(n, d))
            for (std::size_t q : {1, 3, 4, 37}) {
                CAPTURE(name, d, q);
                auto queries = random_points(q, d, 9);
                std::copy_n(gallery.row(20), d, queries.row(0)); // one that is there
                if (q > 2)
                    std::fill_n(queries.row(2), d, 0.0f);
                for (std::size_t k : {std::size_t{1}, std::size_t{10}, n})
                    if (k < n || q == 3)
                        check_lists<TestType>(neighbors::exact{}.search(TestType{}, queries.view(), gallery.view(), k),
                                              queries, gallery, k);
            }
}

TEST_CASE("fewer bytes a value change no neighbour where the originals are at hand", "[neighbors]") {
    std::size_t const n = 3000, d = 48;
    for (auto& [name, gallery] : awkward_galleries(n, d)) {
        bool const fits_half = name.find("norms") == std::string::npos;
        for (std::size_t q : {1, 3, 19}) {
            CAPTURE(name, q);
            auto const queries = random_points(q, d, 8);
            auto const check = [&, &g = gallery]<class Storage, class Distance>(Storage, Distance) {
                typename neighbors::exact_in<Storage>::template index<Distance> index(d);
                index.add_kept(g.view());
                check_lists<Distance>(index.search(queries.view(), 10), queries, g, 10);
                // Without them, the neighbours are those of the rows as stored.
                neighbors::row_buffer<Storage> rows(d);
                rows.add(g.view());
                points decoded{n, d, std::vector<float>(n * d)};
                for (std::size_t i = 0; i < n; ++i)
                    rows.view().copy_row(i, decoded.row(i));
                check_lists<Distance>(
                    neighbors::exact_in<Storage>{}.search(Distance{}, queries.view(), rows.view(), 10), queries,
                    decoded, 10);
                // And what a row lost is what the storage says at most.
                auto const bound = Storage::error(d);
                bool within = true;
                for (std::size_t i = 0; i < n; ++i) {
                    double const lost = plain<distances::euclidean>(g.row(i), decoded.row(i), d),
                                 norm = std::sqrt(
                                     plain<distances::squared_euclidean>(g.row(i), std::vector<float>(d).data(), d));
                    within = within &&
                             lost <= static_cast<double>(bound.per_scale) * static_cast<double>(rows.view().scale(i)) +
                                         static_cast<double>(bound.per_norm) * norm + static_cast<double>(bound.fixed);
                }
                CHECK(within);
            };
            if (fits_half) {
                check(storage::float16{}, distances::squared_euclidean{});
                check(storage::float16{}, distances::cosine{});
                check(storage::float16{}, distances::dot_product{});
            }
            check(storage::int8{}, distances::squared_euclidean{});
            check(storage::int8{}, distances::normalized<distances::squared_euclidean>{});
            check(storage::int8{}, distances::cosine{});
            check(storage::int8{}, distances::dot_product{});
        }
    }
}

TEST_CASE("a search gives the same bits with any number of threads", "[neighbors]") {
    auto const gallery = awkward_galleries(4000, 24).at("clustered");
    for (std::size_t q : {1, 40}) {
        auto const queries = random_points(q, 24, 5);
        std::vector<std::vector<neighbors::neighbor>> all;
        for (std::size_t threads : {1, 2, 3, 8}) {
            with_threads const now(threads);
            auto const found = neighbors::exact{}.search(distances::euclidean{}, queries.view(), gallery.view(), 12);
            all.emplace_back();
            for (std::size_t i = 0; i < q; ++i)
                all.back().insert(all.back().end(), found[i].begin(), found[i].end());
        }
        CHECK(all[1] == all[0]);
        CHECK(all[2] == all[0]);
        CHECK(all[3] == all[0]);
    }
}

TEST_CASE("codes that others have stored are read as they are, down to -128", "[neighbors]") {
    for (std::size_t const d : {1u, 64u, 513u, 517u, 1024u, 5000u}) { // where sums come near the ends of 32 bits
        std::vector<std::int8_t> codes(3 * d, 0);
        for (std::size_t i = 0; i < d; ++i)
            codes[i] = -128, codes[d + i] = i % 2 ? 5 : -5, codes[2 * d + i] = 127;
        std::vector<float> const scales(3, 0.01f);
        neighbors::stored_rows<storage::int8> const rows(codes.data(), scales.data(), 3, d);
        for (float sign : {-1.0f, 1.0f})
            for (std::size_t count : {1u, 2u, 3u, 4u, 9u}) {
                std::vector<float> const queries(count * d, sign);
                matrix_view<float const> const asked(queries.data(), count, d);
                CAPTURE(d, sign, count);
                auto const found =
                    neighbors::exact_in<storage::int8>{}.search(distances::dot_product{}, asked, rows, 1);
                for (std::size_t q = 0; q < count; ++q) {
                    CHECK(found[q][0].index == (sign < 0 ? 0 : 2));
                    double const true_one = -0.01 * (sign < 0 ? 128 : 127) * static_cast<double>(d);
                    CHECK(std::abs(static_cast<double>(found[q][0].distance) - true_one) < -1e-5 * true_one);
                }
            }
    }
}

TEST_CASE("points of very many values are searched all the same", "[neighbors]") {
    std::size_t const d = kernels::most_widened + 1;
    auto const gallery = random_points(40, d, 1), queries = random_points(5, d, 2);
    check_lists<distances::squared_euclidean>(
        neighbors::exact{}.search(distances::squared_euclidean{}, queries.view(), gallery.view(), 3), queries, gallery,
        3);
    neighbors::exact_in<storage::int8>::index<distances::cosine> index(d);
    index.add_kept(gallery.view());
    check_lists<distances::cosine>(index.search(queries.view(), 3), queries, gallery, 3);
}

TEST_CASE("many neighbours of many points are found in bounded memory", "[neighbors]") {
    auto const gallery = random_points(60000, 4, 1), queries = random_points(2, 4, 2);
    check_lists<distances::squared_euclidean>(
        neighbors::exact{}.search(distances::squared_euclidean{}, queries.view(), gallery.view(), 50000), queries,
        gallery, 50000);
}

TEST_CASE("other distances are compared as they compute themselves", "[neighbors]") {
    auto const gallery = random_points(2500, 6, 1), queries = random_points(70, 6, 2);
    std::vector<float> all(70 * 2500);
    distances::manhattan{}.cross(queries.view(), gallery.view(), matrix_view<float>(all.data(), 70, 2500));
    for (std::size_t k : {std::size_t{1}, std::size_t{10}, std::size_t{2500}}) {
        auto const found = neighbors::exact{}.search(distances::manhattan{}, queries.view(), gallery.view(), k);
        bool same = true;
        for (std::size_t i = 0; i < 70; ++i) {
            std::vector<std::size_t> order(2500);
            std::iota(order.begin(), order.end(), 0);
            std::stable_sort(order.begin(), order.end(),
                             [&](auto a, auto b) { return all[i * 2500 + a] < all[i * 2500 + b]; });
            for (std::size_t j = 0; j < k; ++j)
                same = same && found[i][j].index == order[j] && found[i][j].distance == all[i * 2500 + order[j]];
        }
        CHECK(same);
    }
}

TEST_CASE("an exact index grows, shrinks and borrows", "[neighbors]") {
    STATIC_REQUIRE(neighbors::policy<neighbors::exact, distances::cosine>);
    STATIC_REQUIRE(neighbors::policy<neighbors::exact_in<storage::int8>, distances::manhattan>);
    auto const gallery = random_points(700, 8, 3), queries = random_points(9, 8, 4);
    neighbors::exact::index<distances::squared_euclidean> index(8);
    CHECK_THROWS_WITH(
        index.search(queries.view(), 1),
        "k = 1 nearest neighbours of a gallery of 0 photos: k has to lie between 1 and the gallery's size");
    index.add(gallery.view().slice(0, 1));
    index.add(gallery.view().slice(1, 299));
    index.borrow(gallery.view().slice(300, 300));
    for (std::size_t i = 600; i < 700; ++i)
        index.add(gallery.view().slice(i, 1));
    CHECK(index.size() == 700);
    std::vector<bool> removed(700);
    random_stream stream(1, purpose::user);
    for (std::size_t i = 0; i < 650; ++i) {
        auto const place = static_cast<std::size_t>(stream.uniform() * 700) % 700;
        if (!removed[place])
            index.remove(place), removed[place] = true;
        if (i % 130 == 0)
            check_lists<distances::squared_euclidean>(index.search(queries.view(), 20), queries, gallery, 20, removed);
    }
    std::size_t const left = 700 - index.removed();
    check_lists<distances::squared_euclidean>(index.search(queries.view(), left), queries, gallery, left, removed);
    CHECK_THROWS_AS(index.search(queries.view(), left + 1), argument_error);
    auto const gone = static_cast<std::size_t>(std::find(removed.begin(), removed.end(), true) - removed.begin());
    CHECK_THROWS_WITH(index.remove(gone),
                      Catch::Matchers::Contains("there is no point at place " + std::to_string(gone)));
    CHECK_THROWS_AS(index.remove(700), argument_error);
    CHECK_THROWS_AS(index.add(matrix_view<float const>(gallery.values.data(), 2, 5)), shape_error);
}

TEST_CASE("an index with codes beside its floats finds what one without finds, to the bit", "[neighbors]") {
    std::size_t const n = 6000, d = 48; // enough values for codes to serve
    for (auto& [name, gallery] : awkward_galleries(n, d)) {
        CAPTURE(name);
        auto const check = [&, &g = gallery]<class Distance>(Distance) {
            using without = neighbors::exact_in<storage::float32, false>;
            neighbors::exact::index<Distance> index(d), borrowing(d);
            typename without::template index<Distance> plain_index(d);
            for (std::size_t first = 0, count = 1; first < n; first += count, count = std::min(2 * count, n - first))
                index.add(g.view().slice(first, count)); // in pieces, whose memory moves as it grows
            plain_index.add(g.view());
            borrowing.borrow(g.view());
            borrowing.make_codes();
            for (std::size_t place : {0, 17, 5999})
                index.remove(place), plain_index.remove(place), borrowing.remove(place);
            for (std::size_t q : {1, 3, 19}) {
                auto const queries = random_points(q, d, 8);
                auto const expected = plain_index.search(queries.view(), 10), found = index.search(queries.view(), 10),
                           other = borrowing.search(queries.view(), 10);
                for (std::size_t i = 0; i < q; ++i) {
                    CHECK(std::equal(expected[i].begin(), expected[i].end(), found[i].begin(), found[i].end()));
                    CHECK(std::equal(expected[i].begin(), expected[i].end(), other[i].begin(), other[i].end()));
                }
            }
        };
        check(distances::squared_euclidean{});
        check(distances::normalized<distances::squared_euclidean>{});
        check(distances::cosine{});
        check(distances::dot_product{});
    }
}

TEST_CASE("codes are kept of finite rows alone, and follow what is added", "[neighbors]") {
    auto gallery = random_points(300, 16, 3);
    neighbors::detail::codes_beside codes;
    neighbors::detail::part<storage::float32> part{gallery.view().slice(0, 100), {}, 0};
    codes.follow({&part, 1});
    CHECK(codes.are_of(100));
    CHECK(!codes.serve(100)); // so few are faster without
    part.rows = neighbors::stored_rows<storage::float32>(gallery.view());
    CHECK(!codes.are_of(300));
    codes.follow({&part, 1});
    CHECK(codes.are_of(300));
    CHECK(codes.parts().front().rows.rows == 300);
    CHECK(codes.parts().front().originals.row(299).data() == gallery.row(299));
    gallery.values[16 * 250 + 3] = std::numeric_limits<float>::quiet_NaN();
    neighbors::detail::codes_beside none;
    none.follow({&part, 1});
    CHECK(!none.are_of(300));
    CHECK(none.parts().empty());
    // Nobody's neighbour, and the others are found as ever.
    neighbors::exact::index<distances::squared_euclidean> index(16);
    index.borrow(gallery.view());
    index.make_codes();
    CHECK(index.search(gallery.view().slice(7, 1), 1).front()[0].index == 7);
}

TEST_CASE("searches refuse what makes no sense", "[neighbors]") {
    auto gallery = random_points(50, 8, 3), queries = random_points(5, 8, 4);
    using d = distances::squared_euclidean;
    neighbors::exact const exact{};
    CHECK_THROWS_WITH(
        exact.search(d{}, queries.view(), gallery.view(), 51),
        "k = 51 nearest neighbours of a gallery of 50 photos: k has to lie between 1 and the gallery's size");
    CHECK_THROWS_AS(exact.search(d{}, queries.view(), gallery.view(), 0), argument_error);
    CHECK_THROWS_WITH(exact.search(d{}, queries.view(), matrix_view<float const>(gallery.values.data(), 50, 4), 1),
                      "queries of 8 values among references of 4");
    CHECK(exact.search(d{}, matrix_view<float const>(nullptr, 0, 8), gallery.view(), 1).size() == 0);
    // References that are not finite are nobody's neighbours, whatever finds them.
    gallery.row(7)[3] = std::numeric_limits<float>::quiet_NaN(),
    gallery.row(9)[0] = std::numeric_limits<float>::infinity();
    for (std::size_t q : {1, 5}) {
        auto const found = exact.search(d{}, queries.view().slice(0, q), gallery.view(), 50);
        for (std::size_t i = 0; i < q; ++i) {
            CHECK(found[i].size() == 49); // the infinite one is infinitely far, the other nowhere
            CHECK(std::none_of(found[i].begin(), found[i].end(), [](auto const& n) { return n.index == 7; }));
            CHECK(found[i].back().index == 9);
        }
    }
    neighbors::exact::index<d> index(8);
    CHECK_THROWS_WITH(index.add(gallery.view()), "embedding 7 of those to be added is not finite");
    CHECK(index.size() == 0);
    queries.row(3)[2] = std::numeric_limits<float>::quiet_NaN();
    CHECK_THROWS_WITH(exact.search(d{}, queries.view(), gallery.view(), 1), "query 3 is not finite");
    gallery = random_points(2, 8, 1);
    gallery.row(1)[0] = 70000;
    neighbors::exact_in<storage::float16>::index<d> half(8);
    CHECK_THROWS_WITH(
        half.add(gallery.view()),
        "an embedding's value of 70000 does not fit into float16, whose largest is 65504: use float32 or int8");
    CHECK(half.size() == 0);
}
