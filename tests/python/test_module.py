"""The Python module: what it computes beside PyTorch and NumPy, and what it says of arrays that it cannot take.

    test_module.py FOLDER [MODEL]

FOLDER holds the package `trine`; MODEL is what train_faces saved."""

import pathlib
import resource
import sys
import tempfile
import threading
import time
import unittest

import numpy as np

sys.path.insert(0, sys.argv[1] if len(sys.argv) > 1 else ".")
import trine

try:
    import torch
    import torch.nn.functional as F

    import trine.torch
except ImportError:
    torch = None
    print("not checked: PyTorch was not found, and no gradient is compared with its own")

MODEL = sys.argv[2] if len(sys.argv) > 2 else None


def batch(people=8, photos=4, dimensions=16, seed=1):
    random = np.random.default_rng(seed)
    points = random.normal(size=(people, 1, dimensions)) + random.normal(size=(people, photos, dimensions))
    points = points.reshape(people * photos, dimensions)
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    return points.astype(np.float32), np.repeat(np.arange(people), photos)


class Arrays(unittest.TestCase):
    """What is wrong with an array is said by the name of the argument."""

    def setUp(self):
        self.e, self.l = batch()
        self.loss = trine.objective()

    def refuse(self, error, text, f, *arguments, **named):
        with self.assertRaisesRegex(error, text):
            f(*arguments, **named)

    def test_type(self):
        self.refuse(TypeError, "^embeddings: float32 is needed, not float64", self.loss, self.e.astype(float), self.l)
        self.refuse(TypeError, "^embeddings: float32 is needed, not >f4", self.loss, self.e.astype(">f4"), self.l)
        self.refuse(TypeError, "^embeddings: an array .* not list", self.loss, self.e.tolist(), self.l)
        self.refuse(TypeError, "^embeddings: an array .* not NoneType", self.loss, None, self.l)
        self.refuse(TypeError, "^labels: whole numbers are needed, not float64", self.loss, self.e, self.l * 1.0)
        self.refuse(TypeError, "^labels: whole numbers are needed, not bool", self.loss, self.e, self.l > 2)

    def test_shape(self):
        self.refuse(ValueError, "^embeddings: two dimensions .* not 512$", self.loss, self.e.ravel(), self.l)
        self.refuse(ValueError, "^embeddings: is empty: 0×16", self.loss, self.e[:0], self.l[:0])
        self.refuse(ValueError, "^embeddings: is empty: 32×0", self.loss, self.e[:, :0], self.l)
        self.refuse(ValueError, "^labels: 31 labels for 32 embeddings", self.loss, self.e, self.l[1:])
        self.refuse(ValueError, "^labels: one dimension", self.loss, self.e, self.l[None])

    def test_strides(self):
        for strided in (self.e[:, ::2], self.e[:, ::-1], self.e[::-1], np.asfortranarray(self.e), self.e.T[:, :16].T.T):
            self.refuse(ValueError, "^embeddings: .*side by side.*strided", self.loss, strided, self.l[: len(strided)])
        broadcast = np.broadcast_to(self.e[:1], self.e.shape)
        self.refuse(ValueError, "^embeddings: .*strided", self.loss, broadcast, self.l)
        unaligned = np.frombuffer(b"x" + self.e.tobytes(), np.uint8)[1:].view(np.float32).reshape(self.e.shape)
        self.refuse(ValueError, "^embeddings: .*multiples of four bytes", self.loss, unaligned, self.l)

    def test_contiguous_rows_apart_are_taken_as_they_are(self):
        wide = np.zeros((32, 40), np.float32)
        wide[:, 8:24] = self.e
        self.assertEqual(self.loss(wide[:, 8:24], self.l).loss, self.loss(self.e, self.l).loss)

    def test_not_finite(self):
        for bad in (np.nan, np.inf, -np.inf):
            self.e[5, 3] = bad
            self.refuse(ValueError, "^embeddings: row 5 holds NaN or infinity", self.loss, self.e, self.l)
            self.refuse(ValueError, "^references: row 5", trine.search, self.e[:3], self.e, 2)
            self.refuse(ValueError, "^queries: row 5", trine.search, self.e, self.e[:3], 2)
            self.refuse(ValueError, "^points: row 5", trine.Index(16).add, self.e)
            self.refuse(ValueError, "^points: row 5", trine.verification, self.e, self.l)

    def test_gradient(self):
        fixed = np.zeros_like(self.e)
        fixed.flags.writeable = False
        self.refuse(ValueError, "^gradient: is read-only", self.loss, self.e, self.l, gradient=fixed)
        short = np.empty_like(self.e[1:])
        self.refuse(ValueError, "^gradient: 32×16 is needed, not 31×16", self.loss, self.e, self.l, gradient=short)
        self.refuse(TypeError, "^gradient: float32", self.loss, self.e, self.l, gradient=np.zeros((32, 16)))
        self.refuse(ValueError, "^gradient: lies over", self.loss, self.e, self.l, gradient=self.e)
        self.refuse(TypeError, "^gradient: an array", self.loss, self.e, self.l, gradient="yes")
        own = np.empty_like(self.e)
        result = self.loss(self.e, self.l, gradient=own)
        self.assertIs(result.gradient, own)
        np.testing.assert_array_equal(own, self.loss(self.e, self.l).gradient)
        self.assertIsNone(self.loss(self.e, self.l, gradient=False).gradient)

    def test_read_only_embeddings_and_whole_numbers_of_all_kinds(self):
        expected = self.loss(self.e, self.l).loss
        self.e.flags.writeable = False
        for labels in (self.l.astype(np.int32), self.l.astype(np.uint8), self.l.tolist(), tuple(self.l), self.l - 100):
            self.assertEqual(self.loss(self.e, labels).loss, expected)
        self.assertEqual(self.loss(self.e, np.repeat(self.l, 2)[::2]).loss, expected)

    def test_policies(self):
        make = trine.objective
        self.refuse(ValueError, '^miner: there is no "best", but all, random', make, "best")
        self.refuse(ValueError, '^loss: there is no "best", but ', make, "all", "best")
        self.refuse(ValueError, '^distance: there is no "best", but ', make, "all", "triplet_margin", "best")
        self.refuse(ValueError, '^triplet_margin: there is no value "margen", but margin, reduction, class_w', make, "all",
                    "triplet_margin", loss_values={"margen": 1})
        self.refuse(ValueError, "^triplet_margin: margin is a number", make, "all", "triplet_margin",
                    loss_values={"margin": "wide"})
        self.refuse(ValueError, "^triplet_margin: margin is not finite", make, "all", "triplet_margin",
                    loss_values={"margin": float("nan")})
        self.refuse(ValueError, '^triplet_margin: reduction cannot be "most"', make, "all", "triplet_margin",
                    loss_values={"reduction": "most"})
        self.refuse(ValueError, "^random: negatives_per_positive is a whole number, not -1", make, "random",
                    miner_values={"negatives_per_positive": -1})
        self.refuse(TypeError, "^loss_values: .margin. is neither", make, loss_values={"margin": {}})
        self.refuse(TypeError, "^loss_values: .margin. holds what is no number", make, loss_values={"margin": ["1"]})
        self.refuse(ValueError, "^triplet_margin: margin is a number, not a list", make, loss_values={"margin": [1]})
        self.refuse(ValueError, "^miner: angular measures angles", make, "angular", distance="cosine")
        self.refuse(ValueError, "^memory: a cross-batch memory knows no distances", make, memory=64,
                    loss_values={"swaps": True})
        self.refuse(ValueError, "^triplet_margin: class_weights weigh", make,
                    loss_values={"swaps": True, "class_weights": [1, 2]})
        self.refuse(ValueError, '^regularizer: there is no "zero"', make, regularizers={"zero": {}})
        self.refuse(ValueError, "^zero_mean: weight -1", make, regularizers={"zero_mean": {"weight": -1}})
        self.refuse(TypeError, "^regularizers: names with values", make, regularizers={"zero_mean": 1})
        self.refuse(ValueError, "^regularizer: lp on class weights, of which triplet_margin has none", make,
                    regularizers={"lp": {"on": "class_weights"}})
        self.refuse(ValueError, '^miner: "semi_hard" chooses triplets', make, "semi_hard", "nt_xent", "cosine")
        self.refuse(ValueError, "^miner: arcface compares photos with learnt", make, "all", "arcface", "cosine")
        self.refuse(ValueError, "^distance: arcface works on cosine, not on lp", make, "none", "arcface", "lp")
        self.refuse(ValueError, "^miner: none chooses nothing", make, "none", "triplet_margin")
        self.refuse(trine.Error, "start", make("none", "arcface", "cosine"), self.e, self.l)
        self.assertEqual(make("semi_hard", miner_values={"margin": 0.5}, loss_values={"reduction": "sum"}).identity,
                         "objective (miner semi_hard (margin 0.5), loss triplet_margin (margin 0.2, reduction sum), "
                         "distance squared_euclidean)")

    def test_every_loss_works_with_some_miner(self):
        proxies = {"softmax", "normalized_softmax", "sphereface", "cosface", "arcface", "sub_center_arcface",
                   "proxy_nca", "proxy_anchor", "soft_triple", "large_margin_softmax", "combined_margin",
                   "elastic_arcface", "elastic_cosface", "dynamic_arcface", "curricular_face", "mv_softmax", "adacos",
                   "adaface", "magface", "p2s_grad", "manifold", "vicreg"}
        batches = {"histogram", "instance", "dynamic_soft_margin", "multi_supervised_contrastive"}
        for loss in trine.losses():
            # Sums are smooth where means of what is active jump.
            values = {} if loss in proxies | batches else {"reduction": "sum"}
            if loss == "dynamic_arcface":
                values = {"photos": np.full(8, 4)}
            distance = {"softmax": "dot_product", "vicreg": "squared_euclidean"}.get(loss, "cosine")
            o = trine.objective("none" if loss in proxies else "all", loss, distance, loss_values=values)
            if loss in proxies:
                o.start(8, 16)
            r = o(self.e, self.l)
            self.assertTrue(np.isfinite(r.loss) and np.isfinite(r.gradient).all(), loss)
            # Along the gradient the loss rises as it says.
            away = 2e-3 * r.gradient / np.linalg.norm(r.gradient)
            rise = o(self.e + away, self.l, step=0).loss - o(self.e - away, self.l, step=0).loss
            expected = 2 * 2e-3 * np.linalg.norm(r.gradient)
            # fast_ap's histogram has corners, circle's weights stand still in its gradient, selectively_contrastive and
            # manifold jump, and the others remember what they saw before.
            if loss not in ("fast_ap", "circle", "selectively_contrastive", "manifold", "adacos", "adaface",
                            "curricular_face", "dynamic_soft_margin"):
                self.assertLess(abs(rise - expected), 0.05 * expected, loss)
        for miner in trine.miners():
            if miner != "none":
                o = trine.objective(miner, "soft_margin", "euclidean")
                self.assertTrue(np.isfinite(o(self.e[:30], self.l[:30]).loss), miner)

    def test_memory_and_regularizers(self):
        o = trine.objective("all", "contrastive", "euclidean", memory=64)
        alone = o(self.e, self.l)
        self.assertGreater(o(self.e, self.l).chosen, alone.chosen)
        self.assertIn("cross_batch_memory (size 64, ", o.identity)
        small = trine.objective("all", "contrastive", "euclidean", memory=31)
        self.refuse(ValueError, "a batch of 32 photos for a cross-batch memory of 31", small, self.e, self.l)
        plain, penalized = (trine.objective("none", "arcface", "cosine", regularizers=r) for r in ({}, {
            "zero_mean": {"weight": 0.5}, "regular_face": {"on": "class_weights", "weight": 2}}))
        plain.start(8, 16), penalized.start(8, 16)
        a, b = plain(self.e, self.l), penalized(self.e, self.l)
        (weights, _), = plain.parameters
        w = weights.reshape(8, 16) / np.linalg.norm(weights.reshape(8, 16), axis=1, keepdims=True)
        nearest = (w @ w.T - 2 * np.eye(8)).max(1).mean()
        self.assertAlmostEqual(b.loss, a.loss + 0.5 * np.abs(self.e.sum(1)).mean() + 2 * nearest, delta=1e-4)
        away = 0.5 * np.sign(self.e.sum(1, keepdims=True)) / 32
        np.testing.assert_allclose(b.gradient - a.gradient, np.broadcast_to(away, self.e.shape), atol=1e-6)
        self.assertIn("    regular_face\n", trine.policies())
        self.assertEqual(trine.regularizers()[0], "center_invariant")


@unittest.skipIf(torch is None, "PyTorch was not found")
class Gradients(unittest.TestCase):
    """Values and gradients beside PyTorch's own."""

    def setUp(self):
        e, l = batch(12, 4, 32)
        self.e, self.l = torch.from_numpy(e), torch.from_numpy(l)
        same = self.l[:, None] == self.l[None]
        self.positive, self.negative = same & ~torch.eye(len(l), dtype=torch.bool), ~same

    def compare(self, ours, reference):
        x = self.e.clone().requires_grad_()
        loss = ours(x, self.l)
        (3 * loss).backward()
        y = self.e.double().requires_grad_()
        expected = reference(y)
        (3 * expected).backward()
        self.assertLess(abs(float(loss) - float(expected)), 1e-6 * max(1, abs(float(expected))))
        self.assertLess(float((x.grad - y.grad).norm() / y.grad.norm()), 1e-6)

    def triplets(self, e):
        d = ((e[:, None] - e[None]) ** 2).sum(2)
        a, p, n = torch.where(self.positive[:, :, None] & self.negative[:, None, :])
        return d[a, p], d[a, n]

    def test_batch_all(self):
        def reference(e):
            p, n = self.triplets(e)
            losses = F.relu(p - n + 0.2)
            return losses[losses > 0].mean()

        self.compare(trine.torch.Objective("all", "triplet_margin"), reference)

    def test_semi_hard_sum(self):
        def reference(e):
            p, n = self.triplets(e)
            gap = (n - p).detach()
            return F.relu(p - n + 0.3)[(gap > 0) & (gap <= 0.3)].sum()

        self.compare(trine.torch.Objective("semi_hard", "triplet_margin", miner_values={"margin": 0.3},
                                           loss_values={"margin": 0.3, "reduction": "sum"}), reference)

    def test_soft_margin_on_cosines(self):
        def reference(e):
            u = F.normalize(e)
            d = 1 - u @ u.T
            a, p, n = torch.where(self.positive[:, :, None] & self.negative[:, None, :])
            return F.softplus(d[a, p] - d[a, n]).mean()

        self.compare(trine.torch.Objective("all", "soft_margin", "cosine"), reference)

    def test_nt_xent(self):
        def reference(e):
            u = F.normalize(e)
            s = u @ u.T / 0.5
            a, p = torch.where(self.positive)
            others = torch.where(self.negative, s, torch.full_like(s, -1e9))[a]
            return -(s[a, p] - torch.logsumexp(torch.cat([s[a, p][:, None], others], 1), 1)).mean()

        self.compare(trine.torch.Objective("all", "nt_xent", "cosine", loss_values={"temperature": 0.5}), reference)

    def test_multi_similarity_with_its_miner(self):
        def reference(e):
            u = F.normalize(e)
            s = u @ u.T
            t = s.detach()
            nearest = torch.where(self.negative, t, torch.full_like(t, -9)).max(1, keepdim=True).values
            farthest = torch.where(self.positive, t, torch.full_like(t, 9)).min(1, keepdim=True).values
            positive, negative = self.positive & (t < nearest + 0.1), self.negative & (t > farthest - 0.1)
            low = torch.full_like(s, -1e9)
            zero = torch.zeros(len(s), 1, dtype=s.dtype)
            p = torch.logsumexp(torch.cat([zero, torch.where(positive, 2 * (0.5 - s), low)], 1), 1) / 2
            n = torch.logsumexp(torch.cat([zero, torch.where(negative, 50 * (s - 0.5), low)], 1), 1) / 50
            return (p + n).mean()

        self.compare(trine.torch.Objective("multi_similarity", "multi_similarity", "cosine"), reference)

    def test_arcface_and_its_weights(self):
        ours = trine.torch.Objective("none", "arcface", "cosine", classes=12, dimensions=32,
                                     loss_values={"scale": 16, "margin": 0.3})
        (weights,) = ours.parameters()
        w = weights.detach().double().reshape(12, 32).requires_grad_()

        def reference(e):
            cosines = F.normalize(e) @ F.normalize(w).T
            hot = F.one_hot(self.l, 12).bool()
            shifted = torch.cos(torch.acos(cosines) + 0.3)
            return F.cross_entropy(16 * torch.where(hot, shifted, cosines), self.l)

        self.compare(ours, reference)
        self.assertLess(float((weights.grad.reshape(12, 32) - w.grad).norm() / w.grad.norm()), 1e-5)

    def test_a_network_learns(self):
        torch.manual_seed(1)
        random = np.random.default_rng(3)
        centers = random.normal(size=(10, 20))
        x = torch.from_numpy((np.repeat(centers, 6, 0) + 1.5 * random.normal(size=(60, 20))).astype(np.float32))
        labels = torch.arange(10).repeat_interleave(6)
        network = torch.nn.Sequential(torch.nn.Linear(20, 32), torch.nn.ReLU(), torch.nn.Linear(32, 8))
        loss_of = trine.torch.Objective("batch_hard", "soft_margin", "euclidean")
        optimizer = torch.optim.Adam(network.parameters(), 1e-2)
        precision = lambda: trine.retrieval(network(x).detach(), labels.numpy())["precision_at_1"]
        before, losses = precision(), []
        for _ in range(60):
            loss = loss_of(network(x), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(float(loss))
        self.assertLess(losses[-1], 0.3 * losses[0])
        self.assertGreater(precision(), max(0.95, before))

    def test_class_weights_learn_in_place(self):
        loss_of = trine.torch.Objective("none", "normalized_softmax", "cosine", classes=12, dimensions=32)
        optimizer = torch.optim.SGD(loss_of.parameters(), 1.0)
        first = float(loss_of(self.e, self.l))
        for _ in range(30):
            optimizer.zero_grad()
            loss_of(self.e, self.l).backward()
            optimizer.step()
        self.assertLess(float(loss_of(self.e, self.l)), 0.5 * first)

    def test_a_learnt_threshold(self):
        loss_of = trine.torch.Objective("distance_weighted", "margin_based", "euclidean")
        (beta,) = loss_of.parameters()
        self.assertAlmostEqual(float(beta), 1.2, places=6)
        optimizer = torch.optim.SGD(loss_of.parameters(), 0.1)
        loss_of(self.e, self.l).backward()
        self.assertGreater(abs(float(beta.grad)), 0)
        optimizer.step()
        self.assertNotAlmostEqual(float(loss_of.objective.parameters[0][0]), 1.2, places=6)  # where Trine reads it
        with self.assertRaisesRegex(ValueError, "^start: somebody holds"):
            loss_of.objective.start(3, 3)

    def test_tensors(self):
        loss = trine.objective()
        expected = loss(self.e.numpy(), self.l.numpy()).loss
        self.assertEqual(loss(self.e, self.l).loss, expected)  # by DLPack
        with self.assertRaisesRegex(ValueError, r"^embeddings: this Tensor cannot .*x\.detach\(\)"):
            loss(self.e.clone().requires_grad_(), self.l)
        with self.assertRaisesRegex(TypeError, "^embeddings: float32"):
            loss(self.e.double(), self.l)
        with self.assertRaisesRegex(TypeError, "^embeddings: "):
            trine.torch.Objective()(self.e.double(), self.l)
        out = torch.from_dlpack(loss(self.e, self.l).gradient)  # and back
        self.assertEqual(out.shape, self.e.shape)


class Searches(unittest.TestCase):
    def setUp(self):
        random = np.random.default_rng(2)
        self.q, self.r = (random.normal(size=(n, 24)).astype(np.float32) for n in (17, 900))

    def brute(self, distance, k):
        q, r = self.q.astype(float), self.r.astype(float)
        if distance == "cosine":
            q, r = (x / np.linalg.norm(x, axis=1, keepdims=True) for x in (q, r))
            d = 1 - q @ r.T
        elif distance == "dot_product":
            d = -q @ r.T
        elif distance == "manhattan":
            d = np.abs(q[:, None] - r[None]).sum(2)
        else:
            d = ((q[:, None] - r[None]) ** 2).sum(2)
            d = np.sqrt(d) if distance == "euclidean" else d
        places = np.argsort(d, axis=1, kind="stable")[:, :k]
        return np.take_along_axis(d, places, 1), places

    def test_the_nearest_are_those_of_numpy(self):
        for distance in ("squared_euclidean", "euclidean", "cosine", "dot_product", "manhattan"):
            d, places = trine.search(self.q, self.r, 7, distance)
            expected, wanted = self.brute(distance, 7)
            np.testing.assert_array_equal(places, wanted, distance)
            np.testing.assert_allclose(d, expected, rtol=1e-5, atol=1e-6)
            self.assertEqual((d.dtype, places.dtype), (np.float32, np.int64))

    def test_storages(self):
        _, wanted = self.brute("squared_euclidean", 1)
        for storage in ("float32", "float16", "int8"):
            _, places = trine.search(self.q, self.r, 1, storage=storage)
            self.assertGreaterEqual((places == wanted).mean(), 0.9, storage)
        with self.assertRaisesRegex(ValueError, '^storage: there is no "float8", but float32'):
            trine.search(self.q, self.r, 1, storage="float8")

    def test_index(self):
        index = trine.Index(24, "cosine")
        index.add(self.r[:400])
        index.add(self.r[400:])
        self.assertEqual((len(index), index.dimensions, index.distance, index.storage), (900, 24, "cosine", "float32"))
        d, places = index.search(self.q, 3)
        np.testing.assert_array_equal(places, self.brute("cosine", 3)[1])
        index.remove(int(places[0, 0]))
        self.assertEqual(index.search(self.q[:1], 2)[1].tolist(), [places[0, 1:].tolist()])
        for wrong in (0, 900):
            with self.assertRaisesRegex(ValueError, f"^k: {wrong} neighbours among 899 points"):
                index.search(self.q, wrong)
        with self.assertRaisesRegex(ValueError, "^queries: rows of 23 values"):
            index.search(np.ascontiguousarray(self.q[:, 1:]), 1)
        with self.assertRaises(ValueError):
            index.remove(5000)
        with self.assertRaises(TypeError):
            index.search(self.q, -1)

    def test_wrong_k(self):
        with self.assertRaisesRegex(ValueError, "^k: 901 neighbours among 900 references"):
            trine.search(self.q, self.r, 901)

    def test_references_are_read_where_they_lie(self):
        r = np.tile(self.r, (2000, 1))  # 173 MB
        trine.search(self.q[:1], r[:1000], 1)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        trine.search(self.q[:1], r, 3)
        grown = 1024 * (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
        self.assertLess(grown, r.nbytes / 2)

    def test_threads_share_an_index_and_a_network(self):
        index = trine.Index(24)
        index.add(self.r)
        wanted = index.search(self.q, 3)[1].tolist()
        network = trine.Network(MODEL, "grey64") if MODEL else None
        images = np.random.default_rng(1).uniform(-1, 1, (4, 1, 64, 64)).astype(np.float32)
        points = network.embed(images).tolist() if network else None
        wrong = []

        def work():
            for _ in range(30):
                if index.search(self.q, 3)[1].tolist() != wanted:
                    wrong.append("search")
                if network and network.embed(images).tolist() != points:
                    wrong.append("embed")

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(wrong, [])

    def test_others_run_while_it_computes(self):
        r = np.random.default_rng(1).normal(size=(60000, 256)).astype(np.float32)
        before = trine.threads()
        trine.set_threads(1)
        try:
            counted, done = 0, threading.Event()

            def work():
                trine.set_threads(1)
                trine.search(r[:3000], r, 5)
                done.set()

            thread = threading.Thread(target=work)
            thread.start()
            while not done.is_set():
                counted += 1
                time.sleep(0.001)
            thread.join()
            self.assertGreater(counted, 5)
        finally:
            trine.set_threads(before)


class Metrics(unittest.TestCase):
    def test_retrieval(self):
        e, l = batch(10, 5, 8, seed=4)
        d = ((e[:, None].astype(float) - e[None]) ** 2).sum(2) + 1e9 * np.eye(len(e))
        right = (l[d.argmin(1)] == l).mean()
        found = trine.retrieval(e, l)
        self.assertAlmostEqual(found["precision_at_1"], right)
        self.assertEqual(found["queries"], 50)
        apart = trine.retrieval(e[:20], l[:20], e[20:], l[20:])
        self.assertEqual(apart["queries"], 0)
        with self.assertRaisesRegex(ValueError, "^reference_labels: "):
            trine.retrieval(e, l, e)

    def test_verification(self):
        e, l = batch(10, 5, 8, seed=4)
        d = ((e[:, None].astype(float) - e[None]) ** 2).sum(2)
        upper = np.triu(np.ones_like(d, bool), 1)
        same, different = d[(l[:, None] == l) & upper], d[(l[:, None] != l) & upper]
        curve = trine.verification(e, l)
        self.assertEqual((curve.same, curve.different), (len(same), len(different)))
        self.assertAlmostEqual(curve.auc, (same[:, None] < different[None]).mean(), places=6)
        rate, _ = curve.at_false_accept_rate(0.1)
        self.assertAlmostEqual(rate, (same < np.sort(different)[int(0.1 * len(different))]).mean(), delta=0.02)
        with self.assertRaises(trine.Error):
            trine.verification(e, np.zeros(50, int))

    def test_identification(self):
        e, l = batch(10, 5, 8, seed=4)
        result = trine.identification(e[::5], l[::5], np.ascontiguousarray(e[1::5]), l[1::5])
        self.assertEqual((result.known, result.unknown), (10, 0))
        self.assertEqual(result.rank(10), 1)


class Galleries(unittest.TestCase):
    def test_gallery(self):
        e, l = batch(6, 4, 16, seed=7)
        names = [f"person {i}" for i in l]
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "people.gallery"
            gallery = trine.Gallery.create(path, 16, "cosine", network="mine")
            self.assertEqual(gallery.add(names[:20], e[:20], [f"{i}.jpg" for i in range(20)]), 0)
            with self.assertRaises(trine.FileError):
                trine.Gallery.open(path, write=True)  # one writes
            reader = trine.Gallery.open(path)
            self.assertEqual((len(reader), reader.distance, reader.network), (20, "cosine", "mine"))
            gallery.add(names[20:], e[20:])
            self.assertTrue(reader.refresh())
            self.assertEqual(reader.people(), {f"person {i}": 4 for i in range(6)})
            found = reader.find(e[:2] + 0.01, k=3)
            self.assertEqual((found[0].name, found[0].known, found[0].places[0]), ("person 0", True, 0))
            self.assertFalse(reader.find(-e[:1], threshold=0.01)[0].known)
            self.assertEqual(reader.source(3), "3.jpg")
            gallery.rename("person 5", "Ada")
            gallery.merge("person 4", "Ada")
            self.assertEqual(gallery.remove("person 0"), 4)
            self.assertEqual(len(gallery), 20)
            self.assertEqual(gallery.people()["Ada"], 8)
            with self.assertRaisesRegex(ValueError, "^names: 1 names for 2 points"):
                gallery.add(["x"], e[:2])
            with self.assertRaisesRegex(ValueError, "^k: 99 neighbours"):
                gallery.find(e[:1], k=99)
            with self.assertRaises(ValueError):
                gallery.rename("nobody", "x")
            with self.assertRaises(OSError):
                trine.Gallery.open(path.with_name("none"))
            bad = path.with_name("bad")
            bad.write_bytes(b"nothing of the kind")
            with self.assertRaises(trine.FormatError):
                trine.Gallery.open(bad)

    def test_lists_of_distances_match(self):
        with tempfile.TemporaryDirectory() as folder:
            for distance in trine.distances():
                gallery = trine.Gallery.create(pathlib.Path(folder) / distance, 4, distance)
                gallery.add(["a", "b"], np.eye(2, 4, dtype=np.float32))
                self.assertEqual(gallery.find(np.eye(2, 4, dtype=np.float32))[1].name, "b", distance)


class Networks(unittest.TestCase):
    @unittest.skipIf(MODEL is None, "no model was given")
    def test_embed(self):
        network = trine.Network(MODEL, "grey64")
        self.assertEqual((network.shape, network.embedding_size), ((1, 64, 64), 128))
        images = np.random.default_rng(1).uniform(-1, 1, (5, 1, 64, 64)).astype(np.float32)
        points = network.embed(images)
        self.assertEqual((points.shape, points.dtype), ((5, 128), np.float32))
        np.testing.assert_allclose(np.linalg.norm(points, axis=1), 1, rtol=1e-5)
        np.testing.assert_array_equal(network.embed(images[2:3])[0], points[2])
        with self.assertRaisesRegex(ValueError, "^images: N×1×64×64 is needed, not 5×64×64"):
            network.embed(images[:, 0])
        with self.assertRaisesRegex(TypeError, "^images: float32"):
            network.embed((images * 127 + 128).astype(np.uint8))
        with self.assertRaisesRegex(ValueError, "^images: .*strided"):
            network.embed(np.swapaxes(images, 2, 3))

    @unittest.skipIf(MODEL is None or torch is None, "no model was given, or PyTorch was not found")
    def test_the_same_network_in_pytorch(self):
        from trine import torch_networks

        network = torch_networks.compact((1, 64, 64), 128, 16)
        torch_networks.load(network, MODEL, prefix="model.")
        images = np.random.default_rng(1).uniform(-1, 1, (5, 1, 64, 64)).astype(np.float32)
        with torch.no_grad():
            expected = network.eval()(torch.from_numpy(images)).numpy()
        np.testing.assert_allclose(trine.Network(MODEL, "grey64").embed(images), expected, atol=2e-6)
        with self.assertRaisesRegex(ValueError, "does not fit this network: "):
            torch_networks.load(torch_networks.compact((1, 64, 64), 128, 8), MODEL, prefix="model.")

    def test_wrong_files(self):
        self.assertIn("conv_4", trine.backbones())
        with self.assertRaisesRegex(ValueError, '^backbone: there is no "grey65"'):
            trine.Network("none", "grey65")
        with self.assertRaises(OSError):
            trine.Network("/none/model.safetensors")
        if MODEL:
            for other in ("colour96", "conv_4"):
                with self.assertRaisesRegex(trine.FormatError, f"is of another network than {other}: it is of grey64"):
                    trine.Network(MODEL, other)


class Documentation(unittest.TestCase):
    def test_everything_is_explained_and_typed(self):
        stubs = (pathlib.Path(trine.__file__).parent / "_trine.pyi").read_text()
        for name in trine.__all__:
            thing = getattr(trine, name)
            self.assertTrue((thing.__doc__ or "").strip(), name)
            self.assertIn(f" {name}(", stubs.replace(f"class {name}:", f"class {name}("), name)
            if isinstance(thing, type):
                for member in vars(thing):
                    if not member.startswith("_"):
                        self.assertRegex(stubs, rf"\b{member}\b", f"{name}.{member}")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=1)
