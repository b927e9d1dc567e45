#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include <omp.h>
#include <pthread.h>

#include "error.hpp"
#include "parallel.hpp"
#include "processors.hpp"

// How a loop runs.
//
// Helpers are the threads of a parallel region of OpenMP that stays open: no region ends with a loop, so nobody waits
// at its end. A caller takes one of a few slots, writes into it what is to be called, and cuts the items into parts. A
// part is one word, {first, last, threads}; whoever exchanges it for one with an item less has that item in hand. All
// that helpers read to come by an item lies in slots, which are never freed. So a helper may sleep anywhere: if it
// wakes after the loop has ended, it finds the parts empty or takes an item of the slot's next loop, and reads only
// then, with the item in hand, what to call.
//
// A helper says beforehand in a word of its own that it is at a slot (`at`), and takes it back when it finds no more.
// The caller, when all parts are empty, waits for those helpers only that are at its slot.
//
// Helpers without work look out for it for a while, then sleep; a caller wakes those that sleep.
namespace trine::detail {

// Two lines: processors fetch the neighbour of a line with it.
inline constexpr std::size_t apart_by = 128;

inline constexpr std::size_t most_parts = 64, most_slots = 32, most_threads = 1023;

// How long a helper looks out for the next loop before it sleeps, and a caller for the end of an item that another
// thread has in hand: about as long as sleeping and being woken take, by which a loop ends late at worst twice as late.
inline constexpr std::chrono::microseconds patience_for_work{100}, patience_for_end{30};

// What a thread is to the loop that it works on.
struct loop_place {
    std::size_t index = 0, threads = 0, chosen_threads = 0;
    bool inside = false;
};
inline constinit thread_local loop_place own_place;

inline void pause_briefly() {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
}

// Looks for `done` for a while. Says whether it came true.
template <class Done>
bool look_out(std::chrono::microseconds patience, Done const& done) {
    for (auto const until = std::chrono::steady_clock::now() + patience;;) {
        for (int i = 0; i < 16; ++i) {
            if (done())
                return true;
            pause_briefly();
        }
        if (std::chrono::steady_clock::now() >= until)
            return false;
    }
}

// The items of a part that nobody has taken.
class alignas(apart_by) loop_part {
public:
    static constexpr std::size_t most_items = (std::size_t{1} << 27) - 1;

    void fill(std::size_t first, std::size_t last, std::size_t threads) {
        word_.store(first | last << 27 | threads << 54, std::memory_order_release);
    }
    bool has_items_for(std::size_t thread) const {
        return has_items_for(thread, word_.load(std::memory_order_relaxed));
    }
    // Acquired where it finds none, so that a caller sees which helpers came before; released for the same reason.
    bool take(bool from_front, std::size_t thread, std::size_t& item) {
        std::uint64_t word = word_.load(std::memory_order_acquire);
        while (has_items_for(thread, word)) {
            std::uint64_t const rest = from_front ? word + 1 : word - (std::uint64_t{1} << 27);
            if (word_.compare_exchange_weak(word, rest, std::memory_order_acq_rel, std::memory_order_acquire)) {
                item = from_front ? first_of(word) : last_of(word) - 1;
                return true;
            }
        }
        return false;
    }

private:
    static std::size_t first_of(std::uint64_t word) { return word & most_items; }
    static std::size_t last_of(std::uint64_t word) { return word >> 27 & most_items; }
    static bool has_items_for(std::size_t thread, std::uint64_t word) {
        return first_of(word) < last_of(word) && thread < word >> 54;
    }

    std::atomic<std::uint64_t> word_{0};
};

// A loop that runs, or room for one.
struct alignas(apart_by) loop_slot {
    void const* body = nullptr;
    void (*call)(void const*, std::size_t) = nullptr;
    std::size_t threads = 0;
    std::exception_ptr failure;
    std::atomic<bool> failed{false};
    std::atomic<std::size_t> parts{0};
    std::array<loop_part, most_parts> part;

    bool has_items_for(std::size_t thread) const {
        std::size_t const count = parts.load(std::memory_order_relaxed);
        return std::any_of(part.begin(), part.begin() + count,
                           [&](loop_part const& p) { return p.has_items_for(thread); });
    }

    // Does items until no part has any left.
    void work(std::size_t thread) {
        // Read anew for each item: it may be one of the next loop in this slot.
        for (std::size_t k = 0; k < parts.load(std::memory_order_relaxed); ++k) {
            std::size_t const count = parts.load(std::memory_order_relaxed), own = thread % count,
                              p = (own + k) % count;
            for (std::size_t item; part[p].take(p == own, thread, item);)
                run(item);
        }
    }
    void run(std::size_t item) {
        if (failed.load(std::memory_order_relaxed))
            return;
        own_place.threads = threads;
        try {
            call(body, item);
        } catch (...) {
            if (!failed.exchange(true))
                failure = std::current_exception();
        }
    }
};

struct alignas(apart_by) loop_helper {
    std::atomic<std::uint32_t> at{0}; // 1 + the slot that it is at, or 0
    alignas(apart_by) std::atomic<std::uint32_t> sleeps{0};
};

class thread_pool {
public:
    // The pool of this process. It is never destroyed: helpers sleep in it when the program ends.
    static thread_pool& get() {
        thread_pool* pool = current().load(std::memory_order_acquire);
        if (!pool) {
            // A child has none of its parent's threads, and what they held stays held: it begins anew.
            static bool const forked [[maybe_unused]] = [] {
                pthread_atfork(nullptr, nullptr, [] {
                    current().store(nullptr);
                    own_place = {.chosen_threads = own_place.chosen_threads};
                });
                return true;
            }();
            auto* const fresh = new thread_pool;
            if (current().compare_exchange_strong(pool, fresh))
                return *fresh;
            delete fresh; // another thread was faster
        }
        return *pool;
    }

    void run(std::size_t count, std::size_t threads, void const* body, void (*call)(void const*, std::size_t)) {
        std::size_t const number = take_slot();
        if (number == most_slots) { // as many loops run as there may be, by as many callers: they need no help
            for (std::size_t i = 0; i < count; ++i)
                call(body, i);
            return;
        }
        loop_slot& slot = slots_[number];
        slot.body = body, slot.call = call, slot.threads = threads;
        slot.failed.store(false, std::memory_order_relaxed);
        std::size_t const parts = std::min({threads, most_parts, count});
        slot.parts.store(parts, std::memory_order_relaxed);
        for (std::size_t p = 0, first = 0; p < parts; ++p) {
            std::size_t const size = count / parts + (p < count % parts);
            slot.part[p].fill(first, first + size, threads);
            first += size;
        }
        std::uint32_t const bit = std::uint32_t{1} << number;
        open_.fetch_or(bit);
        have(threads - 1);
        wake(std::min(threads, count) - 1, threads);
        slot.work(0);
        open_.fetch_and(~bit, std::memory_order_relaxed);
        std::size_t const helpers = std::min(threads - 1, helpers_.load(std::memory_order_relaxed));
        for (std::size_t h = 0; h < helpers; ++h) {
            auto& at = helper_[h].at;
            auto const gone = [&] { return at.load(std::memory_order_acquire) != number + 1; };
            if (!gone() && !look_out(patience_for_end, gone))
                while (!gone())
                    at.wait(static_cast<std::uint32_t>(number + 1), std::memory_order_acquire);
        }
        auto const failure = std::exchange(slot.failure, nullptr);
        taken_.fetch_and(~bit, std::memory_order_release);
        if (failure)
            std::rethrow_exception(failure);
    }

private:
    static std::atomic<thread_pool*>& current() {
        static constinit std::atomic<thread_pool*> pool{nullptr};
        return pool;
    }

    // A slot of the caller's own, or `most_slots` where none is left.
    std::size_t take_slot() {
        std::uint32_t taken = taken_.load(std::memory_order_relaxed);
        while (~taken != 0) {
            auto const number = static_cast<std::size_t>(std::countr_one(taken));
            if (taken_.compare_exchange_weak(taken, taken | std::uint32_t{1} << number, std::memory_order_acquire,
                                             std::memory_order_relaxed))
                return number;
        }
        return most_slots;
    }

    // Sees to it that there are as many helpers as that. They come when the system gives them a core.
    void have(std::size_t count) {
        if (count <= helpers_.load(std::memory_order_relaxed))
            return;
        std::lock_guard const lock(growing_);
        std::size_t const first = helpers_.load(std::memory_order_relaxed);
        if (count <= first)
            return;
        try {
            std::thread([this, first, more = count - first] { open_region(first, more); }).detach();
            helpers_.store(count, std::memory_order_relaxed);
        } catch (std::system_error const&) { // no more threads to be had: those that are there do the work
        }
    }

    // The region of OpenMP whose threads help: all but the first, which sleeps.
    void open_region(std::size_t first, std::size_t count) {
#pragma omp parallel num_threads(static_cast <int>(count + 1))
        {
            if (int const own = omp_get_thread_num(); own > 0)
                help(first + static_cast<std::size_t>(own) - 1);
            static std::atomic<int> const never{0};
            for (;;)
                never.wait(0);
        }
    }

    [[noreturn]] void help(std::size_t number) {
        loop_helper& own = helper_[number];
        own_place = {.index = number + 1, .inside = true};
        for (;;) {
            bool helped = false;
            std::uint32_t const open = open_.load(std::memory_order_acquire);
            for (std::uint32_t rest = open; rest != 0; rest &= rest - 1) {
                auto const s = static_cast<std::size_t>(std::countr_zero(rest));
                if (!slots_[s].has_items_for(number + 1))
                    continue;
                own.at.store(static_cast<std::uint32_t>(s + 1), std::memory_order_relaxed);
                slots_[s].work(number + 1);
                own.at.store(0); // before it is asked whether anybody waits for that
                own.at.notify_all();
                helped = true;
            }
            if (!helped && !look_out(patience_for_work, [&] { return has_work(number + 1); }))
                sleep(own, number + 1);
        }
    }
    bool has_work(std::size_t thread) const {
        for (std::uint32_t rest = open_.load(); rest != 0; rest &= rest - 1)
            if (slots_[static_cast<std::size_t>(std::countr_zero(rest))].has_items_for(thread))
                return true;
        return false;
    }

    void sleep(loop_helper& own, std::size_t thread) {
        own.sleeps.store(1);
        sleepers_.fetch_add(1);
        if (!has_work(thread)) // in one order with a caller's opening its slot before it looks for sleepers
            while (own.sleeps.load(std::memory_order_acquire) == 1)
                own.sleeps.wait(1);
        own.sleeps.store(0, std::memory_order_relaxed);
        sleepers_.fetch_sub(1);
        std::size_t most = 0; // wakes others in its turn, for the largest loop that runs
        for (std::uint32_t rest = open_.load(std::memory_order_acquire); rest != 0; rest &= rest - 1) {
            auto const& slot = slots_[static_cast<std::size_t>(std::countr_zero(rest))];
            most = std::max(most, slot.parts.load(std::memory_order_relaxed));
        }
        if (most > 1)
            wake(most - 1, most);
    }
    // Wakes some helpers that sleep; they wake the others.
    void wake(std::size_t count, std::size_t threads) {
        if (sleepers_.load() == 0)
            return;
        constexpr std::size_t at_once = 4;
        std::size_t const helpers = std::min(threads - 1, helpers_.load(std::memory_order_relaxed));
        for (std::size_t h = 0, woken = 0; h < helpers && woken < std::min(count, at_once); ++h)
            if (auto& sleeps = helper_[h].sleeps;
                sleeps.load(std::memory_order_relaxed) == 1 && sleeps.exchange(0) == 1) {
                sleeps.notify_one();
                ++woken;
            }
    }

    alignas(apart_by) std::atomic<std::uint32_t> open_{0}; // slots with items that nobody has taken
    alignas(apart_by) std::atomic<std::uint32_t> sleepers_{0};
    alignas(apart_by) std::atomic<std::uint32_t> taken_{0}; // slots that callers have
    alignas(apart_by) std::atomic<std::size_t> helpers_{0};
    std::mutex growing_;
    std::array<loop_slot, most_slots> slots_;
    std::array<loop_helper, most_threads> helper_;
};

TRINE_INLINE void run_items(std::size_t count, void const* body, void (*call)(void const*, std::size_t)) {
    loop_place const before = own_place;
    bool const nested = before.inside || omp_in_parallel();
    std::size_t const threads = nested ? 1 : std::min(thread_count(), most_threads);
    struct restore {
        loop_place const& place;
        ~restore() { own_place = place; }
    } const at_the_end{before};
    if (!before.inside)
        own_place.threads = thread_count();
    own_place.index = 0;
    own_place.inside = true;
    if (threads <= 1 || count <= 1) {
        for (std::size_t i = 0; i < count; ++i)
            call(body, i);
        return;
    }
    struct section {
        void const* body;
        void (*call)(void const*, std::size_t);
        std::size_t first;
    };
    if (count <= loop_part::most_items) {
        thread_pool::get().run(count, threads, body, call);
    } else {
        for (std::size_t first = 0; first < count; first += loop_part::most_items) {
            section const some{body, call, first};
            thread_pool::get().run(std::min(count - first, loop_part::most_items), threads, &some,
                                   [](void const* s, std::size_t i) {
                                       auto const& part = *static_cast<section const*>(s);
                                       part.call(part.body, part.first + i);
                                   });
        }
    }
}

} // namespace trine::detail

namespace trine {

TRINE_INLINE std::size_t thread_count() {
    auto const& place = detail::own_place;
    if (place.inside)
        return place.threads;
    auto const most_by_openmp = static_cast<std::size_t>(std::max(omp_get_max_threads(), 1));
    if (place.chosen_threads == most_by_openmp) // unless omp_set_num_threads was called since
        return place.chosen_threads;
    static std::size_t const most =
        std::getenv("OMP_NUM_THREADS") ? detail::most_threads : find_processor_limits().usable();
    return std::min(most_by_openmp, most);
}

TRINE_INLINE void set_thread_count(std::size_t count) {
    require<argument_error>(count > 0 && count <= detail::most_threads, "a loop takes 1 to ", detail::most_threads,
                            " threads, not ", count);
    detail::own_place.chosen_threads = count;
    omp_set_num_threads(static_cast<int>(count)); // for other libraries that this thread calls
}

TRINE_INLINE std::size_t thread_index() { return detail::own_place.index; }

} // namespace trine
