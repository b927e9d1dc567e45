#include <trine/distances/euclidean.hpp>
#include <trine/training/objective.hpp>
struct nobody {};
trine::objective<nobody, trine::losses::triplet_margin, trine::distances::euclidean> o;
