// Keeps a gallery of known people in a file, and names the people on photos by it.
//
//   gallery create people.gallery --model output/model.safetensors --data known
//   gallery add people.gallery --model output/model.safetensors --name Ada ada1.jpg ada2.jpg
//   gallery find people.gallery --model output/model.safetensors -k 3 --threshold 0.8 new.jpg
//   gallery list people.gallery
//   mpirun -np 4 gallery find …       the same, each rank with a part of the photos
//
// Expected output of find, a line for each photo:
//   new.jpg  Ada  distance 0.084  margin 0.412  3 of 3 votes

#include <cstdio>
#include <iostream>
#include <optional>

#include "program.hpp"
#include "support/json_line.hpp"
#include "support/options.hpp"
#include "support/outputs.hpp"
#include "support/pairs.hpp"
#include "support/ranks.hpp"
#include "support/text.hpp"

#include <trine/distributed/gallery_index.hpp>

using namespace trine;

namespace {

using gallery_type = neighbors::gallery<>;
using program::printable;

struct choices {
    std::filesystem::path file, model, folder;
    std::string backbone = "grey64", name, from, to;
    std::vector<std::filesystem::path> photos;
    std::vector<std::size_t> places;
    decision_rule rule;
    std::optional<double> threshold; // none: everybody is somebody
    std::size_t joined = 10, least = 3;
    double limit = 1, far = 0.001;
    bool json = false, each_photo = false, dense = false, purge = false;
    program::photo_choices how;
};

// That another gallery's log lay in the way.
void say_what_was_set_aside(gallery_type const& gallery) {
    if (!gallery.set_aside().empty())
        std::fprintf(stderr, "gallery: the log of another gallery lay beside this one; it is now %s\n",
                     printable(gallery.set_aside().string()).c_str());
}

gallery_type open_to_change(choices const& c) {
    auto gallery = gallery_type::open(c.file, neighbors::access::write);
    say_what_was_set_aside(gallery);
    return gallery;
}

std::unique_ptr<program::any_network> load_network(choices const& c) {
    auto network = program::make_network(c.backbone);
    network->load_values(c.model);
    return network;
}

struct loaded_photos {
    data::dataset photos;
    std::size_t failures = 0;
};
// Photos of a folder of people, or of one person.
loaded_photos photos_for(choices const& c, program::any_network const& network) {
    loaded_photos all{{network.channels, network.height, network.width, {}, {}, {}, {}}};
    if (!c.folder.empty()) {
        data::load_report report;
        all.photos =
            data::load_folder(c.folder, network.channels, network.height, network.width, c.how.loading(), &report);
        for (auto const& message : report.skipped)
            std::fprintf(stderr, "gallery: skipped: %s\n", printable(message).c_str());
        all.failures = report.skipped.size();
    } else {
        all.photos.people.push_back(c.name);
        all.failures = program::for_each_photo(
            network, c.photos, c.how, "gallery",
            [&](std::string const& path, data::image const& photo) { all.photos.add(photo, 0, path); });
    }
    return all;
}

// All in one step, so that an interruption leaves none of them or all.
int add_photos(choices const& c, gallery_type& gallery, program::any_network& network, loaded_photos const& all) {
    auto const& photos = all.photos;
    if (photos.size() > 0) {
        std::vector<std::string> names;
        for (label who : photos.labels)
            names.push_back(photos.people[static_cast<std::size_t>(who)]);
        auto const points = network.embed(photos.tensors());
        gallery.add(names, photos.sources, as_matrix(points));
        // Many photos go into the file, which can then be copied alone; few are cheaper in the log.
        if (std::size_t const in_file = gallery.file_rows().rows; gallery.places() - in_file > in_file / 16)
            try {
                gallery.compact();
            } catch (io_error const& e) { // they have been added: nobody is to do it again
                std::fprintf(stderr, "gallery: the photos are in the log, not yet in the file: %s\n",
                             printable(e.what()).c_str());
            }
    }
    std::size_t const people = photos.size() > 0 ? photos.people.size() : 0;
    std::printf("added %zu photo%s of %zu %s; %s now holds %zu of %zu\n", photos.size(), photos.size() == 1 ? "" : "s",
                people, people == 1 ? "person" : "people", printable(c.file.string()).c_str(), gallery.size(),
                gallery.people().size());
    return all.failures > 0 ? 1 : 0;
}

int create(choices const& c) {
    program::require_output_file("the gallery's file", c.file, {c.folder, c.model, c.how.detector});
    std::error_code code;
    require<io_error>(!std::filesystem::exists(c.file, code), c.file.string(), ": is there already");
    auto const network = load_network(c);
    if (c.folder.empty()) {
        say_what_was_set_aside(gallery_type::create(c.file, network->gallery_identity()));
        std::printf("%s is there, and empty\n", printable(c.file.string()).c_str());
        return 0;
    }
    // Photos first: where they cannot be read, no gallery is left behind.
    auto const photos = photos_for(c, *network);
    auto gallery = gallery_type::create(c.file, network->gallery_identity());
    say_what_was_set_aside(gallery);
    return add_photos(c, gallery, *network, photos);
}

int add(choices const& c) {
    require<argument_error>(c.folder.empty() != c.photos.empty(),
                            "say who: --name NAME with photos, or --data FOLDER with a sub-folder for each person");
    require<argument_error>(c.photos.empty() || !c.name.empty(), "say who is on the photos: --name NAME");
    require<argument_error>(c.folder.empty() || c.name.empty(),
                            "--name is for photos of one person; the people of --data have their folders' names");
    auto const network = load_network(c);
    auto gallery = gallery_type::open(c.file, network->gallery_identity(), neighbors::access::write);
    say_what_was_set_aside(gallery);
    return add_photos(c, gallery, *network, photos_for(c, *network));
}

// The photos that were named, or for "-" those that standard input names, a line each.
template <class F>
std::size_t for_each_query(choices const& c, program::any_network const& network, F const& f) {
    std::size_t failures = 0;
    for (auto const& path : c.photos) {
        if (path != "-") {
            failures += program::for_each_photo(network, {path}, c.how, "gallery", f);
            continue;
        }
        for (std::string line; std::getline(std::cin, line);) {
            failures += program::for_each_photo(network, {line}, c.how, "gallery", f);
            std::fflush(stdout); // somebody may wait for it
        }
    }
    return failures;
}

int find(choices const& c, communicator& ranks) {
    auto const network = load_network(c);
    auto& who = *network;
    who.open_gallery(c.file);
    require<argument_error>(who.gallery().size() > 0, c.file.string(), ": nobody is in it");
    auto rule = c.rule;
    rule.threshold = c.threshold.value_or(std::numeric_limits<double>::infinity());
    // Several ranks hold a part of the photos each; rank 0 asks, and the others search along until it is done.
    std::optional<distributed::sharded<>::index<program::distance>> spread;
    if (ranks.size() > 1)
        spread.emplace(distributed::spread<program::distance>(ranks, who.gallery()));
    if (ranks.rank() > 0) {
        while (any_of(ranks, false))
            spread->search({}, 0);
        return 0;
    }
    std::size_t const failures = for_each_query(c, who, [&](std::string const& path, data::image const& photo) {
        auto const found = [&] {
            if (!spread)
                return who.identify(data::to_tensor(photo), rule).front();
            auto const point = who.embed(data::to_tensor(photo));
            any_of(ranks, true); // there is one more
            return identify(who.gallery(), spread->search(as_matrix(point), rule.k), rule).front();
        }();
        bool const alone = std::isinf(found.margin);
        if (c.json)
            program::print_json({{"photo", path},
                                 {"name", found.known ? nlohmann::json(found.name) : nlohmann::json(nullptr)},
                                 {"nearest_name", found.name},
                                 {"distance", found.distance},
                                 {"margin", alone ? nlohmann::json(nullptr) : nlohmann::json(found.margin)},
                                 {"votes", found.votes},
                                 {"k", c.rule.k},
                                 {"confidence", found.confidence},
                                 {"nearest", who.gallery().source(found.nearest.front().index)}});
        else {
            char margin[32] = "";
            if (!alone)
                std::snprintf(margin, sizeof margin, "  margin %.3f", static_cast<double>(found.margin));
            std::printf("%s  %s  distance %.3f%s  %zu of %zu votes\n", printable(path).c_str(),
                        found.known ? printable(found.name).c_str() : "unknown", static_cast<double>(found.distance),
                        margin, found.votes, found.nearest.size());
        }
    });
    any_of(ranks, false);
    return failures > 0 ? 1 : 0;
}

// All that the gallery holds of one person, also what has been removed and is in its files still.
int list_person(choices const& c, gallery_type const& gallery) {
    std::size_t photos = 0, removed = 0;
    for (std::size_t place = 0; place < gallery.places(); ++place) {
        if (gallery.name(place) != c.name)
            continue;
        bool const is_removed = gallery.is_removed(place);
        ++(is_removed ? removed : photos);
        if (c.json)
            program::print_json({{"place", place},
                                 {"name", c.name},
                                 {"source", gallery.source(place)},
                                 {"removed", is_removed},
                                 {"point", gallery.point(place)}});
        else
            std::printf("%zu  %s%s\n", place, printable(gallery.source(place)).c_str(),
                        is_removed ? "  (removed)" : "");
    }
    require<argument_error>(photos + removed > 0, c.file.string(), ": there is nobody called \"", c.name, "\"");
    if (!c.json)
        std::printf("%zu photo%s of %s, each a point of %zu values (--json shows them); %zu removed and still in the "
                    "files: remove --purge takes them out\n",
                    photos, photos == 1 ? "" : "s", printable(c.name).c_str(), gallery.dimensions(), removed);
    return 0;
}

int list(choices const& c) {
    auto const gallery = gallery_type::open(c.file);
    if (!c.name.empty())
        return list_person(c, gallery);
    if (c.each_photo) {
        for (std::size_t place = 0; place < gallery.places(); ++place)
            if (!gallery.is_removed(place)) {
                if (c.json)
                    program::print_json(
                        {{"place", place}, {"name", gallery.name(place)}, {"source", gallery.source(place)}});
                else
                    std::printf("%zu  %s  %s\n", place, printable(gallery.name(place)).c_str(),
                                printable(gallery.source(place)).c_str());
            }
        return 0;
    }
    auto const people = gallery.people();
    for (auto const& [name, photos] : people)
        if (c.json)
            program::print_json({{"name", name}, {"photos", photos}});
        else
            std::printf("%s  %zu photo%s\n", printable(name).c_str(), photos, photos == 1 ? "" : "s");
    if (!c.json)
        std::printf("%zu photos of %zu people; network %s, distance %s\n", gallery.size(), people.size(),
                    printable(gallery.identity().network).c_str(), printable(gallery.identity().distance).c_str());
    return 0;
}

int remove(choices const& c) {
    require<argument_error>(c.name.empty() != c.places.empty(),
                            "say what: --name NAME, or --place NUMBER as `gallery list --photos` gives it");
    auto gallery = open_to_change(c);
    std::size_t gone = c.places.size();
    if (!c.name.empty())
        gone = c.purge ? gallery.purge(c.name) : gallery.remove(c.name);
    else {
        gallery.remove(c.places);
        if (c.purge)
            gallery.purge();
    }
    std::printf("removed %zu photo%s; %zu left\n", gone, gone == 1 ? "" : "s", gallery.size());
    return 0;
}

// Groups the gallery's own photos, whatever their names: to find people with two names, and names with two people.
int cluster(choices const& c) {
    auto const gallery = gallery_type::open(c.file);
    std::vector<std::size_t> places;
    std::vector<float> points;
    std::vector<std::string> names;
    for (std::size_t place = 0; place < gallery.places(); ++place)
        if (!gallery.is_removed(place)) {
            auto const p = gallery.point(place);
            places.push_back(place), points.insert(points.end(), p.begin(), p.end()),
                names.push_back(gallery.name(place));
        }
    matrix_view<float const> const all(points.data(), places.size(), gallery.dimensions());
    neighbors::exact::index<program::distance> index(gallery.dimensions());
    index.borrow(all);
    auto const graph = neighbors::join_neighbors(index, all, c.joined, static_cast<float>(c.limit));
    auto const groups = c.dense ? neighbors::dbscan(graph, c.least) : neighbors::chinese_whispers(graph);
    std::ptrdiff_t const count = groups.empty() ? 0 : *std::max_element(groups.begin(), groups.end()) + 1;
    for (std::ptrdiff_t g = -1; g < count; ++g) {
        std::map<std::string, std::size_t> who;
        for (std::size_t i = 0; i < groups.size(); ++i)
            if (groups[i] == g)
                ++who[names[i]];
        if (who.empty())
            continue;
        if (c.json) {
            program::print_json({{"group", g < 0 ? nlohmann::json(nullptr) : nlohmann::json(g)}, {"names", who}});
            continue;
        }
        if (g < 0)
            std::printf("no group:");
        else
            std::printf("group %td:", g);
        for (auto const& [name, photos] : who)
            std::printf("  %s (%zu)", printable(name).c_str(), photos);
        std::printf("\n");
    }
    if (!c.json) {
        auto const agreement = evaluation::compare_clusters<std::string>(groups, names);
        std::printf("%td groups; pairs of photos: precision %.3f, recall %.3f against the names\n", count,
                    agreement.precision, agreement.recall);
    }
    return 0;
}

// Where to draw the line to "unknown", by the pairs of photos in the gallery.
int calibrate(choices const& c) {
    auto const gallery = gallery_type::open(c.file);
    std::vector<std::size_t> places, people;
    for (std::size_t place = 0; place < gallery.places(); ++place)
        if (!gallery.is_removed(place))
            places.push_back(place), people.push_back(gallery.person(place));
    // All pairs, or some millions of each kind: they say enough.
    auto const chosen = program::choose_pairs(people, 1'000'000, 4'000'000);
    auto const measured = [&](std::vector<program::photo_pair> const& pairs) {
        std::vector<float> distances(pairs.size());
        parallel_blocks(pairs.size(), 1024, [&](std::size_t first, std::size_t last) {
            for (std::size_t i = first; i < last; ++i) {
                auto const a = gallery.point(places[pairs[i].first]), b = gallery.point(places[pairs[i].second]);
                double sum = 0; // as the search settles it
                for (std::size_t k = 0; k < gallery.dimensions(); ++k)
                    sum += (static_cast<double>(a[k]) - static_cast<double>(b[k])) *
                           (static_cast<double>(a[k]) - static_cast<double>(b[k]));
                distances[i] = static_cast<float>(sum);
            }
        });
        return distances;
    };
    auto const same = measured(chosen.same), different = measured(chosen.different);
    // With the digits that are printed: who copies them gets what is said of them.
    auto const show = [&](char const* what, double limit) {
        auto const t = evaluation::evaluate_threshold(limit, same, different);
        if (c.json)
            program::print_json({{"rule", what},
                                 {"threshold", t.distance < 0 ? nlohmann::json(nullptr) : nlohmann::json(t.distance)},
                                 {"true_accept_rate", t.true_accept_rate},
                                 {"false_accept_rate", t.false_accept_rate},
                                 {"f1", t.f1},
                                 {"same", same.size()},
                                 {"different", different.size()}});
        else if (t.distance < 0)
            std::printf("%s: no threshold: photos of two people lie at distance 0, as copies of one photo do\n", what);
        else
            std::printf(
                "%s: --threshold %.6g  accepts %.2f %% of the pairs of one person, %.3f %% of the pairs of two\n", what,
                t.distance, 100 * t.true_accept_rate, 100 * t.false_accept_rate);
    };
    show("best F1", program::six_digits(evaluation::best_f1(same, different).distance));
    show("wanted false-accept rate",
         program::six_digits_below(evaluation::for_false_accept_rate(c.far, same, different).distance));
    if (!c.json) {
        std::printf("from %zu pairs of one person and %zu of two%s\n", same.size(), different.size(),
                    chosen.all ? "" : ", drawn from all");
        if (c.far > 0 && c.far * static_cast<double>(different.size()) < 1)
            std::printf(
                "%zu pairs of two people are too few for a rate of %g %%: none of them may be accepted; that rate "
                "takes %.0f or more\n",
                different.size(), 100 * c.far, std::ceil(1 / c.far));
    }
    return 0;
}

} // namespace

int main(int argc, char** argv) {
    program::rank_session session(argc, argv);
    choices c;
    program::options app("gallery", "Keeps a gallery of known people in a file, and names the people on photos by it");
    auto const command = [&](char const* name, char const* what, bool with_network) {
        auto* const s = &app.command(name, what);
        s->path("gallery", c.file, "the gallery's file").required();
        if (with_network) {
            s->path("--model", c.model, "file that train_faces saved").required();
            program::add_backbone_option(*s, c.backbone);
            c.how.add_options(*s);
        }
        return s;
    };
    auto* const creating = command("create", "make a gallery, empty or from a folder of people", true);
    creating->path("--data", c.folder, "folder of known people, one sub-folder each");
    auto* const adding = command("add", "add photos of people, known already or new", true);
    adding->path("--data", c.folder, "folder of people, one sub-folder each");
    adding->text("--name", c.name, "who is on the photos");
    adding->paths("photos", c.photos, "photos of one person");
    auto* const finding = command("find", "name the people on photos", true);
    finding->paths("photos", c.photos, "photos to name; - for those that standard input names, a line each").required();
    finding->number("-k", c.rule.k, program::range(1, 1'000'000), "neighbours that vote");
    finding->number("--threshold", c.threshold, program::range(0.0, 1e6),
                    "farther than this is \"unknown\" (default: everybody is somebody)");
    finding->flag("--weighted", c.rule.weighted, "near neighbours weigh more");
    auto* const listing = command("list", "list people, or photos, or all that is held of a person", false);
    listing->text("--name", c.name, "all that the gallery holds of this person; with --json the points too");
    listing->flag("--photos", c.each_photo, "every photo with its place and where it came from");
    auto* const removing = command("remove", "remove a person, or photos", false);
    removing->text("--name", c.name, "a person, with all photos");
    removing->numbers("--place", c.places, program::range(0, 4'294'967'295),
                      "photos, by the numbers that list --photos gives");
    removing->flag("--purge", c.purge,
                   "leave no byte of them in the gallery's file and log, also of what was removed before");
    auto* const renaming = command("rename", "give a person another name", false);
    renaming->text("from", c.from, "the name so far").required();
    renaming->text("to", c.to, "the new name").required();
    auto* const merging = command("merge", "make two people one, by the second one's name", false);
    merging->text("from", c.from, "who goes").required();
    merging->text("into", c.to, "who stays").required();
    auto* const clustering =
        command("cluster", "group the photos without regard to names: finds people with two names", false);
    clustering->number("--limit", c.limit, program::range(0.0, 1e6),
                       "the largest distance between two photos of one person");
    clustering->number("--joined", c.joined, program::range(1, 10'000), "how many near photos each is joined with");
    clustering->flag("--dbscan", c.dense, "by density instead of Chinese whispers");
    clustering->number("--least", c.least, program::range(1, 1'000'000), "photos that make a core, with --dbscan");
    auto* const calibrating =
        command("calibrate", "find a threshold for find, by the pairs of photos in the gallery", false);
    calibrating->number("--far", c.far, program::range(0.0, 1.0),
                        "wanted false-accept rate: share of the pairs of two people taken for one");
    auto* const compacting = command("compact", "write all changes into the gallery's file and empty its log", false);
    for (auto* s : {finding, listing, clustering, calibrating})
        s->flag("--json", c.json, "a JSON object a line");
    app.footer("Examples:\n"
               "  gallery create people.gallery --model output/model.safetensors --data known    known/NAME/*.jpg\n"
               "  gallery add people.gallery --model output/model.safetensors --name Ada ada.jpg\n"
               "  gallery find people.gallery --model output/model.safetensors -k 3 new/*.jpg\n"
               "  ls new/*.jpg | mpirun -np 4 gallery find people.gallery --model output/model.safetensors -\n"
               "  gallery merge people.gallery \"A. Lovelace\" Ada\n"
               "  gallery list people.gallery --json\n");
    auto const work = [&]() -> int {
        require<argument_error>(session.ranks().size() == 1 || finding->chosen(),
                                "several ranks find together; everything else is for one process");
        if (creating->chosen())
            return create(c);
        if (adding->chosen())
            return add(c);
        if (finding->chosen())
            return find(c, session.ranks());
        if (listing->chosen())
            return list(c);
        if (removing->chosen())
            return remove(c);
        if (clustering->chosen())
            return cluster(c);
        if (calibrating->chosen())
            return calibrate(c);
        auto gallery = open_to_change(c);
        if (renaming->chosen())
            gallery.rename(c.from, c.to),
                std::printf("%s is now %s\n", printable(c.from).c_str(), printable(c.to).c_str());
        else if (merging->chosen())
            gallery.merge(c.from, c.to), std::printf("%s is now %s, with %zu photos\n", printable(c.from).c_str(),
                                                     printable(c.to).c_str(), gallery.photos_of(c.to).size());
        else if (compacting->chosen())
            gallery.compact(), std::printf("%zu photos\n", gallery.size());
        return 0;
    };
    return session.exit_code(app.run(argc, argv, [&] { return session.run(work); }));
}
