#include <trine/distances/cosine.hpp>
#include <trine/losses/proxy.hpp>
#include <trine/losses/reducers.hpp>
#include <trine/objectives/objective.hpp>

using namespace trine;
objective<miners::none, losses::class_weighted<losses::cosface>, distances::cosine> o;
