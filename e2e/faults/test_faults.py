"""What the fault tests count, without a server: `python3 -m unittest discover -s e2e/faults`."""
import os, sys, unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import io_faults, load
from shim import ALL, EIO, SYNC


class Answer:
    is_ok, status, key = True, 200, None


class Counts(unittest.TestCase):
    def test_what_the_test_remembers_for_itself_was_acknowledged_by_nobody(self):
        ledger = load.Ledger()
        for number in range(3):
            ledger.hears("incident", f"案 {number}", Answer())
            ledger.acked["incident checked"][f"案 {number}"] = None
        ledger.hears("call", "ref-1", Answer())
        ledger.acked["call checked"]["ref-1"] = None
        self.assertEqual(ledger.count(), 4)


COSTS = {("note", ALL): 26, ("note", SYNC): 2, ("fix", ALL): 9, ("fix", SYNC): 1}


def attempts(struck):
    """What came of every place, if those of `struck` were."""
    of = [(f"{'sync' if kinds == SYNC else 'i/o'} of {name}", nth) for _, kinds, name, nth, _ in io_faults.places_of(COSTS)]
    return [{"aim": aim, "hit": struck(aim, nth), "fault": "i/o fault"} for aim, nth in of]


class Strikes(unittest.TestCase):
    def test_a_sync_is_failed_only_as_often_as_an_act_syncs(self):
        places = io_faults.places_of(COSTS)
        self.assertEqual([nth for error, kinds, name, nth, _ in places if (error, kinds, name) == (EIO, SYNC, "note")], [1, 2])
        self.assertEqual(len(places), 4 * 26 + 2 + 4 * 9 + 1)
        self.assertEqual(len(set(places)), len(places))

    def test_faults_that_never_strike_pass_nothing(self):
        self.assertIsNone(io_faults.unstruck(COSTS, attempts(lambda aim, nth: 1)))
        # One place of each act that is now and then not there.
        self.assertIsNone(io_faults.unstruck(COSTS, attempts(lambda aim, nth: nth != 9)))
        self.assertIn("struck", io_faults.unstruck(COSTS, attempts(lambda aim, nth: 0)))
        self.assertIn("i/o of fix was tried 36 times and never struck", io_faults.unstruck(COSTS, attempts(lambda aim, nth: aim != "i/o of fix")))
        self.assertIn("were struck", io_faults.unstruck(COSTS, attempts(lambda aim, nth: nth % 3 == 1)))
        self.assertIn("were struck", io_faults.unstruck(COSTS, []))

    def test_an_act_that_writes_nothing_is_no_act_to_fail(self):
        self.assertIn("fix makes no sync", io_faults.unstruck(COSTS | {("fix", SYNC): 0}, attempts(lambda aim, nth: 1)))

    def test_a_place_that_is_not_reached_is_tried_again_and_a_failure_is_kept(self):
        came = iter([{"hit": 0, "failure": None}, {"hit": 1, "failure": None}, {"hit": 0, "failure": "says 500"}])
        whole, io_faults._fail_at = io_faults._fail_at, lambda *_: next(came)
        try:
            self.assertEqual(io_faults._strike_at(None, 1)["hit"], 1)
            self.assertEqual(io_faults._strike_at(None, 2)["failure"], "says 500")
            came = iter([{"hit": 0, "failure": None}] * (io_faults.TRIES + 1))
            self.assertEqual(io_faults._strike_at(None, 3)["hit"], 0)
            self.assertEqual(len(list(came)), 1)
        finally:
            io_faults._fail_at = whole


class Waits(unittest.TestCase):
    def test_what_is_written_after_its_answer_is_waited_for_and_nothing_else(self):
        class Shim:
            looks = 0

            def get(self, field):
                self.looks += 1
                return int(field == "failed" and self.looks > 3)

        shimmed = io_faults.Shimmed.__new__(io_faults.Shimmed)
        shimmed.shim = Shim()
        self.assertEqual(shimmed.await_strike("fix"), 1)
        shimmed.shim = Shim()
        self.assertEqual(shimmed.await_strike("note"), 0)


if __name__ == "__main__":
    unittest.main()
