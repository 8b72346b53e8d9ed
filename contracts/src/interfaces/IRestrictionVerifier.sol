// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// @notice A stretch of the original in which windows may be placed: a leaf of the site map. `boundaries` has a bit for each byte of
/// the run, most significant bit first, set where an instruction starts.
struct Run {
    uint16 start;
    uint16 end;
    bytes boundaries;
    bytes32[] proof;
}

/// @notice An instance of a template, right before the original instruction at `pc` or, if `pc` is the byte behind the window, at its end.
struct PlacedGuard {
    uint16 pc;
    bytes32 template;
    bytes32[] args;
}

/// @notice A window of the original that was overwritten, and the trampoline it leads to.
struct Site {
    uint16 pc;
    uint16 length;
    uint16 trampoline;
    Run run;
    PlacedGuard[] guards;
}

/// @notice What the patched code is made of. `selfOffsets`: where the original holds its own address (20 bytes) and the patched code its.
struct Certificate {
    Site[] sites;
    uint16[] selfOffsets;
}

/// @dev Argument: the low `width` bytes of argument `value`. Tail: offset of the code that reverts. Relative: offset of the guard's own
/// first byte plus `value`. Peek: the DUP that copies the word of the original's stack that lies argument `value` below its top, past the
/// words the guard itself has on the stack where the instance begins.
enum HoleKind {
    Argument,
    Tail,
    Relative,
    Peek
}

/// @notice Bytes of a template that each instance fills by itself.
struct Hole {
    uint16 offset;
    HoleKind kind;
    uint8 width;
    uint16 value;
}

/// @notice A guard template to be registered.
/// @param name e.g. `sub-checked@1`; the id is its hash.
/// @param holes ascending by offset.
/// @param takes words it consumes from the guard's own stack, which begins above the original's.
/// @param gives words it leaves there instead. A template that neither takes nor gives is a guard by itself; the others are pieces of one.
struct TemplateDefinition {
    string name;
    bytes code;
    Hole[] holes;
    uint8 takes;
    uint8 gives;
}

/// @title Decides whether one code is a restriction of another: it may only revert where the other did not.
/// @notice The patched code must be, byte for byte,
///
///   original, with windows overwritten and its own address relocated
///   33 x INVALID                                 so that trailing data cannot swallow what follows
///   JUMPDEST, revert SutureRestricted()          the tail
///   a trampoline for each window, ascending
///
/// where a window is `PUSH2 trampoline JUMP INVALID... JUMPDEST` and its trampoline is `JUMPDEST`, the displaced instructions with
/// guards between them, and `PUSH2 (last byte of the window) JUMP`. A window that ends in a terminator has no way back.
/// Guards are instances of allowed templates, and those of one place take no more from the guard's own stack than is there and leave
/// nothing on it; windows lie in runs of the original's site map. Of the map nothing is believed but that
/// the run is code that is reached: where instructions start, that they may move and that none stands behind a terminator is read from
/// the original itself.
///
/// What the argument assumes: the site map is right (it is registered by the owner, after a reproducible analysis), templates do what
/// they are registered for, jump targets of the original are not chosen by a caller, the original does not depend on its code size, code
/// hash or gas, and it uses its own address for nothing but telling a proxy from itself.
interface IRestrictionVerifier {
    event TemplateRegistered(bytes32 indexed id, TemplateDefinition definition);
    event TemplateAllowed(bytes32 indexed id, bool allowed);

    /// @notice There is no code at `account`, or more than the 24,576 bytes EIP-170 allows.
    error CodeSizeOutOfBounds(address account, uint256 size);
    /// @notice A certificate without sites restricts nothing.
    error NoSites();
    /// @notice A window without guards restricts nothing.
    error NoGuards(uint256 pc);
    /// @notice The window is shorter than five bytes or ends behind its run.
    error WindowOutOfBounds(uint256 pc, uint256 length);
    /// @notice The window begins before the end of the one before it.
    error WindowsOverlap(uint256 pc);
    /// @notice Code and site map do not agree that an instruction starts at `pc`, or that none does.
    error NotAnInstruction(uint256 pc);
    /// @notice The instruction would do something else in the trampoline, or stands behind a terminator.
    error NotMovable(uint256 pc);
    /// @notice The run is not in the site map of the original, or its bitmap has the wrong length.
    error NotInSiteMap(uint256 start, uint256 end);
    /// @notice The trampoline is said to be somewhere else than it must be.
    error TrampolineMisplaced(uint256 pc, uint256 expected);
    /// @notice The guard is outside its window, before the guard listed ahead of it, or behind a terminator.
    error GuardMisplaced(uint256 pc);
    /// @notice The guards at `pc` take words that are not there, or leave some, or have a guard by itself among their pieces.
    error GuardUnbalanced(uint256 pc);
    /// @notice The template is not registered or no longer allowed.
    error TemplateNotAllowed(bytes32 template);
    /// @notice The template takes another number of arguments, or an argument does not fit its hole: is too wide, or peeks deeper
    /// than DUP16 reaches.
    error ArgumentsMismatch(bytes32 template);
    /// @notice No PUSH20 to PUSH32 of the original ends in its own address there, or that is in a window or overlaps the offset before it.
    error SelfOffsetInvalid(uint256 offset);
    /// @notice The original is patched code itself, whose guards may read what this template writes.
    error OriginalGuarded(bytes32 template);
    /// @notice The certificate describes other code than the patched one.
    error CodeMismatch(bytes32 expected, bytes32 actual);
    /// @notice A template name stands for one code for ever.
    error TemplateExists(bytes32 id);
    /// @notice The template could leave by another way than its end or the tail, or a hole is not inside a PUSH, or a peek not its first byte.
    error TemplateInvalid(uint256 offset);

    /// @notice Reverts unless the code at `patched` is a restriction of the code at `original`.
    /// @param siteMapRoot Merkle root over the runs of the original.
    function verify(address original, address patched, Certificate calldata certificate, bytes32 siteMapRoot)
        external
        view;

    /// @notice Registers and allows a template. Its id is `keccak256(name)`. Only the owner, which answers for what the template does;
    /// what is checked here is that it has no other way out than its end and the tail.
    function registerTemplate(TemplateDefinition calldata definition) external returns (bytes32 id);

    /// @notice Takes a registered template off the list, or puts it back. Only the owner.
    function setTemplateAllowed(bytes32 id, bool allowed) external;

    /// @notice A registered template.
    function template(bytes32 id)
        external
        view
        returns (bool allowed, bytes memory code, Hole[] memory holes, uint8 takes, uint8 gives);
}
