// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// @dev The cheatcodes used here. Recordings are read as raw bytes, see `Observer`.
interface Vm {
    function chainId(uint256 id) external;
    function deal(address account, uint256 balance) external;
    function envString(string calldata name) external view returns (string memory);
    function envUint(string calldata name) external view returns (uint256);
    function etch(address account, bytes calldata code) external;
    function loadAllocs(string calldata path) external;
    function prank(address sender, address origin) external;
    function readFileBinary(string calldata path) external view returns (bytes memory);
    function recordLogs() external;
    function revertToState(uint256 snapshot) external returns (bool);
    function roll(uint256 number) external;
    function snapshotState() external returns (uint256);
    function startStateDiffRecording() external;
    function store(address account, bytes32 slot, bytes32 value) external;
    function toString(uint256 value) external pure returns (string memory);
    function toString(bytes calldata value) external pure returns (string memory);
    function warp(uint256 timestamp) external;
    function writeLine(string calldata path, string calldata line) external;
}

/// @notice A call to start from; what the target is sent is made of these and of random words.
struct Entry {
    address from;
    address to;
    uint256 value;
    bytes data;
}

/// @notice One contract, its patches, and what calls are made of.
struct Plan {
    address target;
    uint256 chainId;
    uint256 number;
    uint256 timestamp;
    bytes original;
    bytes[] patched;
    /// @dev Calls to make on each patch.
    uint256 calls;
    address[] callers;
    bytes32[] words;
    bytes32[] slots;
    bytes4[] selectors;
    /// @dev Each an encoded `Entry`.
    bytes[] entries;
}

/// @notice What one call did: `digest` is over status, return data, logs, calls with what they moved, and storage writes.
struct Observation {
    bytes32 digest;
    /// @dev A bit for each probe that was read.
    uint256 probes;
    uint64 gas;
    bool success;
    bool refused;
    bool empty;
}

/// @notice A call or a storage write, in the order they happened.
struct Event {
    /// @dev What is known when it begins.
    bytes32 digest;
    /// @dev What is known when it ends: balances, created code, whether it was taken back.
    bytes32 outcome;
    uint64 depth;
    bool isTarget;
    bool isCall;
    bool reverted;
}

/// @notice Counts of one patch. `differences` is what must be 0.
struct Tally {
    uint256 calls;
    uint256 succeeded;
    uint256 guarded;
    uint256 refused;
    uint256 refusedInside;
    uint256 refusedBoth;
    uint256 halted;
    uint256 gasBound;
    uint256 differences;
    uint256 probes;
}

/// @notice Reads recordings of forge as they lie in memory: decoding them would cost more than the calls they are about.
library Recording {
    uint256 private constant WORD = 32;
    /// @dev Slots of locks in storage, of marks, and of probes.
    uint256 private constant LOCKS = 0x0e3bb78997401a7d4fc972f05856d96301937454ab2888e865b6233ae24384;
    uint256 private constant MARKS = 0x7f3117adbc9557bc9e76ea92dcb95c5d;
    uint256 internal constant PROBES = 0x6b1f0c5e24a98d37f2e1;

    function at(bytes memory data, uint256 offset) private pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := mload(add(add(data, 32), offset))
        }
    }

    function hashAt(bytes memory data, uint256 offset) private pure returns (uint256 hash) {
        assembly ("memory-safe") {
            let start := add(add(data, 32), offset)
            hash := keccak256(add(start, 32), mload(start))
        }
    }

    function isReserved(uint256 slot) private pure returns (bool) {
        return slot >> 8 == LOCKS || slot >> 128 == MARKS;
    }

    /// @return events calls and writes in order, writes to reserved slots left out
    /// @return probes a bit for each probe read
    function read(bytes memory raw, address target) internal pure returns (Event[] memory events, uint256 probes) {
        uint256 base = at(raw, 0);
        uint256 length = at(raw, base);
        base += WORD;
        events = new Event[](count(raw, base, length));
        uint256 used;
        for (uint256 i; i < length; i++) {
            uint256 access = base + at(raw, base + i * WORD);
            uint64 depth = uint64(at(raw, access + 13 * WORD));
            if (isCall(at(raw, access + 2 * WORD))) events[used++] = callAt(raw, access, depth, target);
            uint256 slots = access + at(raw, access + 12 * WORD);
            uint256 end = slots + WORD + at(raw, slots) * 6 * WORD;
            for (uint256 entry = slots + WORD; entry < end; entry += 6 * WORD) {
                uint256 slot = at(raw, entry + WORD);
                bool isWrite = at(raw, entry + 2 * WORD) != 0;
                if (!isWrite && slot >> 176 == PROBES) probes |= uint256(1) << (slot & 0xff);
                if (isWrite && !isReserved(slot)) events[used++] = writeAt(raw, entry, depth);
            }
        }
        assembly ("memory-safe") {
            mstore(events, used)
        }
    }

    function count(bytes memory raw, uint256 base, uint256 length) private pure returns (uint256 total) {
        for (uint256 i; i < length; i++) {
            uint256 access = base + at(raw, base + i * WORD);
            total += 1 + at(raw, access + at(raw, access + 12 * WORD));
        }
    }

    /// @dev Calls, creations and self-destructs; what merely looks at an account, and the way back from a call, are none.
    function isCall(uint256 kind) private pure returns (bool) {
        return kind < 6;
    }

    function writeAt(bytes memory raw, uint256 entry, uint64 depth) private pure returns (Event memory made) {
        made.digest = keccak256(abi.encode(at(raw, entry), at(raw, entry + WORD), at(raw, entry + 4 * WORD)));
        made.depth = depth;
        made.reverted = at(raw, entry + 5 * WORD) != 0;
        made.outcome = bytes32(at(raw, entry + 5 * WORD));
    }

    /// @dev Begins with kind, both accounts, balance, value and data; ends with balance, created code and whether it was reverted.
    function callAt(bytes memory raw, uint256 access, uint64 depth, address target) private pure returns (Event memory made) {
        bytes32 who = keccak256(abi.encode(at(raw, access + 2 * WORD), at(raw, access + 3 * WORD), at(raw, access + 4 * WORD)));
        uint256 data = hashAt(raw, access + at(raw, access + 10 * WORD));
        made.digest = keccak256(abi.encode(who, at(raw, access + 6 * WORD), at(raw, access + 9 * WORD), data));
        made.depth = depth;
        made.isTarget = at(raw, access + 3 * WORD) == uint160(target);
        made.isCall = true;
        made.reverted = at(raw, access + 11 * WORD) != 0;
        uint256 code = hashAt(raw, access + at(raw, access + 8 * WORD));
        made.outcome = keccak256(abi.encode(at(raw, access + 7 * WORD), code, made.reverted));
    }
}

/// @notice Makes the same calls on a contract's original code and on patched code, in one EVM, and compares what they did.
contract Differential {
    Vm private constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    bytes4 private constant RESTRICTED = bytes4(keccak256("SutureRestricted()"));
    uint256 private constant GAS = 1_500_000;
    /// @dev How much less the original is given to find out whether what it does depends on the gas left.
    uint256 private constant LESS_GAS = 100_000;
    uint256 private constant PLENTY = 30_000_000;
    uint256 private constant SEQUENCES = 32;
    uint256 private constant MOST_CALLS = 4;

    Plan private plan;
    uint256 private state;

    error Observed(Observation[] observations);
    error Recorded(Observation observation, Event[] events);
    error Batch(Observation[][] observations);

    /// @return differences of all plans
    function run() external returns (uint256 differences) {
        string memory folder = vm.envString("DIFFERENTIAL_FOLDER");
        uint256 first = vm.envUint("DIFFERENTIAL_FIRST");
        uint256 step = vm.envUint("DIFFERENTIAL_STEP");
        uint256 plans = vm.envUint("DIFFERENTIAL_PLANS");
        string memory results = string.concat(folder, "/results-", vm.toString(first));
        for (uint256 i = first; i < plans; i += step) {
            uint256 snapshot = vm.snapshotState();
            differences += this.runPlan(string.concat(folder, "/", vm.toString(i)), results, i);
            vm.revertToState(snapshot);
        }
    }

    function runPlan(string calldata path, string calldata results, uint256 index) external returns (uint256 differences) {
        uint256 seed = vm.envUint("DIFFERENTIAL_SEED");
        plan = abi.decode(vm.readFileBinary(string.concat(path, ".plan")), (Plan));
        vm.loadAllocs(string.concat(path, ".alloc.json"));
        vm.chainId(plan.chainId);
        vm.roll(plan.number);
        vm.warp(plan.timestamp);
        for (uint256 i; i < plan.callers.length; i++) vm.deal(plan.callers[i], 1e24);
        for (uint256 i; i < plan.patched.length; i++) {
            Tally memory tally = this.runPatch(i, uint256(keccak256(abi.encode(seed, index, i))), results);
            differences += tally.differences;
            vm.writeLine(results, string.concat(vm.toString(index), " ", vm.toString(i), " ", vm.toString(abi.encode(tally))));
        }
    }

    function runPatch(uint256 patch, uint256 seed, string calldata results) external returns (Tally memory tally) {
        while (tally.calls < plan.calls) {
            seed = uint256(keccak256(abi.encode(seed)));
            Observation[][] memory original = batch(plan.original, seed);
            Observation[][] memory patched = batch(plan.patched[patch], seed);
            for (uint256 i; i < SEQUENCES; i++) compare(tally, original[i], patched[i], [patch, seed + i], results);
        }
    }

    function batch(bytes memory code, uint256 seed) private returns (Observation[][] memory) {
        try this.runBatch(code, seed) {}
        catch (bytes memory reason) {
            return abi.decode(strip(reason), (Observation[][]));
        }
        revert();
    }

    /// @dev Always reverts, so that nothing it did is left.
    function runBatch(bytes calldata code, uint256 seed) external {
        vm.etch(plan.target, code);
        Observation[][] memory all = new Observation[][](SEQUENCES);
        for (uint256 i; i < SEQUENCES; i++) {
            try this.runSequence(seed + i, type(uint256).max, GAS) {}
            catch (bytes memory reason) {
                all[i] = abi.decode(strip(reason), (Observation[]));
            }
        }
        revert Batch(all);
    }

    /// @dev What one call of a sequence did.
    function record(bytes memory code, uint256 seed, uint256 index, uint256 gas) private returns (Observation memory, Event[] memory) {
        try this.runRecord(code, seed, index, gas) {}
        catch (bytes memory reason) {
            return abi.decode(strip(reason), (Observation, Event[]));
        }
        revert();
    }

    function runRecord(bytes calldata code, uint256 seed, uint256 index, uint256 gas) external {
        vm.etch(plan.target, code);
        this.runSequence(seed, index, gas);
    }

    /// @dev Perturbs storage, makes some calls one after the other, and reverts with what they did, or with the events of one of them.
    function runSequence(uint256 seed, uint256 detail, uint256 gas) external {
        state = seed;
        for (uint256 i = draw(3); i > 0; i--) {
            if (plan.slots.length > 0) vm.store(plan.target, plan.slots[draw(plan.slots.length)], word(""));
        }
        Observation[] memory observations = new Observation[](1 + draw(MOST_CALLS));
        bytes memory previous;
        for (uint256 i; i < observations.length; i++) {
            Entry memory made = nextCall(previous);
            (Observation memory observation, bytes memory output, Event[] memory recorded) = observe(made, gas);
            if (i == detail) revert Recorded(observation, recorded);
            observations[i] = observation;
            if (observation.success) previous = output;
        }
        revert Observed(observations);
    }

    function observe(Entry memory made, uint256 limit)
        private
        returns (Observation memory seen, bytes memory output, Event[] memory recorded)
    {
        vm.recordLogs();
        vm.startStateDiffRecording();
        vm.prank(made.from, made.from);
        uint256 gas = gasleft();
        (seen.success, output) = made.to.call{value: made.value, gas: limit}(made.data);
        seen.gas = uint64(gas - gasleft());
        (recorded, seen.probes) = Recording.read(ask("stopAndReturnStateDiff()"), plan.target);
        seen.refused = !seen.success && output.length == 4 && bytes4(output) == RESTRICTED;
        seen.empty = output.length == 0;
        bytes32 digest = keccak256(abi.encode(seen.success, output, keccak256(ask("getRecordedLogs()"))));
        for (uint256 i; i < recorded.length; i++) {
            digest = keccak256(abi.encode(digest, recorded[i].digest, recorded[i].outcome));
        }
        seen.digest = digest;
    }

    function ask(string memory signature) private returns (bytes memory answer) {
        (, answer) = address(vm).call(abi.encodeWithSignature(signature));
    }

    function compare(
        Tally memory tally,
        Observation[] memory original,
        Observation[] memory patched,
        uint256[2] memory where,
        string calldata results
    ) private {
        for (uint256 i; i < original.length; i++) {
            Observation memory a = original[i];
            Observation memory b = patched[i];
            tally.calls++;
            if (a.success) tally.succeeded++;
            if (b.probes != 0) tally.guarded++;
            tally.probes |= b.probes;
            if (a.digest == b.digest) continue;
            bool goOn = judge(tally, a, b, where, i, results);
            if (!goOn) return;
        }
    }

    /// @return goOn whether both are in the same state still
    function judge(
        Tally memory tally,
        Observation memory a,
        Observation memory b,
        uint256[2] memory where,
        uint256 index,
        string calldata results
    ) private returns (bool goOn) {
        if (b.refused) {
            if (a.success) tally.refused++;
            else tally.refusedBoth++;
            return !a.success;
        }
        if (!b.success && b.empty && b.gas >= GAS && halts(where, index)) {
            tally.halted++;
            return !a.success;
        }
        (, Event[] memory left) = record(plan.original, where[1], index, GAS);
        (, Event[] memory right) = record(plan.patched[where[0]], where[1], index, GAS);
        if (isRefusedInside(left, right) && (a.success || !b.success)) {
            tally.refusedInside++;
            return false;
        }
        if (dependsOnGas(a, b, where[1], index)) {
            tally.gasBound++;
            return false;
        }
        tally.differences++;
        note(results, where, index, abi.encode(a, b));
        note(results, where, index, abi.encode(left, right));
        return false;
    }

    /// @dev Whether the original, given a little less gas, does something else as well.
    function dependsOnGas(Observation memory a, Observation memory b, uint256 seed, uint256 index) private returns (bool) {
        uint256 more = b.gas > a.gas ? b.gas - a.gas : 1;
        (Observation memory little,) = record(plan.original, seed, index, GAS - more);
        if (little.digest != a.digest) return true;
        (Observation memory less,) = record(plan.original, seed, index, GAS - LESS_GAS);
        return less.digest != a.digest;
    }

    /// @dev Whether it was the gas that was missing: with plenty, the same as on the original happens, or a refusal. Gas goes on the guards, or
    /// on a frame that halts because a guard writes under STATICCALL. Code that halts by itself fails here.
    function halts(uint256[2] memory where, uint256 index) private returns (bool) {
        (Observation memory a, Event[] memory left) = record(plan.original, where[1], index, PLENTY);
        (Observation memory b, Event[] memory right) = record(plan.patched[where[0]], where[1], index, PLENTY);
        return a.digest == b.digest || b.refused || isRefusedInside(left, right);
    }

    function note(string calldata results, uint256[2] memory where, uint256 index, bytes memory what) private {
        string memory line = string.concat("difference ", vm.toString(where[0]), " ", vm.toString(where[1]));
        vm.writeLine(results, string.concat(line, " ", vm.toString(index), " ", vm.toString(what)));
    }

    /// @dev Whether the two go apart where an inner frame of the target failed on the patched side: in it, or right behind it. What a frame
    /// returned is not recorded. The outermost frame, event 0, does not count: its refusal is known by what it returned.
    function isRefusedInside(Event[] memory left, Event[] memory right) private pure returns (bool) {
        uint256 common = left.length < right.length ? left.length : right.length;
        uint256 apart;
        while (apart < common && left[apart].digest == right[apart].digest) apart++;
        for (uint256 i = 1; i < right.length && i <= apart; i++) {
            if (!right[i].isTarget || !right[i].reverted) continue;
            if (i < apart && !left[i].reverted) return true;
            if (endOf(right, i) >= apart) return true;
        }
        return false;
    }

    /// @dev Index of the first event behind the frame that begins with event `call`.
    function endOf(Event[] memory list, uint256 call) private pure returns (uint256 end) {
        uint64 depth = list[call].depth;
        end = call + 1;
        while (end < list.length && (list[end].depth > depth || (!list[end].isCall && list[end].depth == depth))) end++;
    }

    function nextCall(bytes memory previous) private returns (Entry memory made) {
        address[] storage callers = plan.callers;
        if (plan.entries.length > 0 && draw(8) != 0) {
            made = abi.decode(plan.entries[draw(plan.entries.length)], (Entry));
            if (draw(5) == 0) made.from = callers[draw(callers.length)];
            if (draw(8) == 0) made.value = amount();
            uint256 words = made.data.length < 36 ? 0 : (made.data.length - 4) / 32;
            for (uint256 i = words == 0 ? 0 : draw(3); i > 0; i--) replace(made.data, draw(words), word(previous));
            return made;
        }
        made.to = plan.target;
        made.from = callers[draw(callers.length)];
        if (draw(4) == 0) made.value = amount();
        bytes4 selector = plan.selectors.length == 0 || draw(16) == 0
            ? bytes4(word(previous))
            : plan.selectors[draw(plan.selectors.length)];
        uint256 length = draw(9);
        made.data = abi.encodePacked(selector, new bytes(32 * length));
        for (uint256 i; i < length; i++) replace(made.data, i, word(previous));
    }

    function replace(bytes memory data, uint256 index, bytes32 value) private pure {
        assembly ("memory-safe") {
            mstore(add(add(data, 36), mul(index, 32)), value)
        }
    }

    function amount() private returns (uint256) {
        uint256 kind = draw(4);
        return kind == 0 ? 0 : kind == 1 ? draw(1000) : kind == 2 ? 10 ** draw(20) : draw(1e20);
    }

    /// @dev A word of the kinds that contracts tell apart.
    function word(bytes memory previous) private returns (bytes32) {
        uint256 kind = draw(16);
        if (kind == 0) return 0;
        if (kind == 1) return bytes32(uint256(1));
        if (kind == 2) return bytes32(draw(256));
        if (kind == 3) return bytes32(type(uint256).max - draw(2));
        if (kind == 4) return bytes32(uint256(1) << draw(256));
        if (kind == 5) return bytes32(32 * draw(9));
        if (kind == 6) return bytes32(draw(type(uint256).max));
        if (kind == 7) return bytes32((1 + draw(1000)) * 10 ** draw(20));
        if (kind == 8) return bytes32(uint256(uint160(plan.target)));
        if (kind < 11) return bytes32(uint256(uint160(plan.callers[draw(plan.callers.length)])));
        if (kind < 13 && previous.length >= 32) return wordAt(previous, draw(previous.length / 32));
        return plan.words.length == 0 ? bytes32(0) : plan.words[draw(plan.words.length)];
    }

    function wordAt(bytes memory data, uint256 index) private pure returns (bytes32 value) {
        assembly ("memory-safe") {
            value := mload(add(add(data, 32), mul(index, 32)))
        }
    }

    /// @dev 0 or more, less than `below`.
    function draw(uint256 below) private returns (uint256) {
        state = uint256(keccak256(abi.encode(state)));
        return state % below;
    }

    /// @dev Without the selector of the error.
    function strip(bytes memory reason) private pure returns (bytes memory) {
        require(reason.length >= 4, "a run ended without a result");
        assembly ("memory-safe") {
            mstore(add(reason, 4), sub(mload(reason), 4))
            reason := add(reason, 4)
        }
        return reason;
    }
}

/// @notice Starts the run from an address that no state of a plan names: forge's own test address is an attacker in some.
contract DifferentialTest {
    Vm private constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));
    address private constant DRIVER = address(uint160(uint256(keccak256("differential driver"))));

    bool public constant IS_TEST = true;

    function test_patchedCodeRestrictsItsOriginal() external {
        vm.etch(DRIVER, type(Differential).runtimeCode);
        require(Differential(DRIVER).run() == 0, "a patched contract did what its original does not");
    }
}
