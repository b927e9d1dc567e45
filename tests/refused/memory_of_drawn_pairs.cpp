#include <trine/distances/cosine.hpp>
#include <trine/losses/pair.hpp>
#include <trine/miners/uniform_histogram.hpp>
#include <trine/objectives/cross_batch_memory.hpp>

trine::cross_batch_memory<trine::miners::uniform_histogram, trine::losses::contrastive, trine::distances::cosine> o(9);
