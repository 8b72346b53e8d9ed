import { type CompiledContract, compileSolidity } from './compile-solidity.ts'

/** What a user does with each of the protocols below. */
const VAULT = `
  mapping(address => uint256) public balanceOf;
  function deposit() external payable { balanceOf[msg.sender] += msg.value; }
  function version() external pure returns (uint256) { return 1; }`

const NEW = `
pragma solidity ^0.8.20;
import {AccessControlUpgradeable} from "@openzeppelin/contracts-upgradeable/access/AccessControlUpgradeable.sol";
import {Ownable2StepUpgradeable} from "@openzeppelin/contracts-upgradeable/access/Ownable2StepUpgradeable.sol";
import {OwnableUpgradeable} from "@openzeppelin/contracts-upgradeable/access/OwnableUpgradeable.sol";
import {Clones} from "@openzeppelin/contracts/proxy/Clones.sol";
import {UUPSUpgradeable} from "@openzeppelin/contracts/proxy/utils/UUPSUpgradeable.sol";

contract Vault {${VAULT}}

contract OwnedVault is Vault, OwnableUpgradeable, UUPSUpgradeable {
  function initialize(address owner_) external initializer { __Ownable_init(owner_); }
  function _authorizeUpgrade(address) internal override onlyOwner {}
}
contract TwoStepVault is Vault, Ownable2StepUpgradeable, UUPSUpgradeable {
  function initialize(address owner_) external initializer { __Ownable_init(owner_); }
  function _authorizeUpgrade(address) internal override onlyOwner {}
}
contract RoleVault is Vault, AccessControlUpgradeable, UUPSUpgradeable {
  bytes32 public constant UPGRADER_ROLE = keccak256("UPGRADER_ROLE");
  function initialize(address admin) external initializer {
    _grantRole(DEFAULT_ADMIN_ROLE, admin);
    _grantRole(UPGRADER_ROLE, admin);
  }
  function _authorizeUpgrade(address) internal override onlyRole(UPGRADER_ROLE) {}
}
contract AdminVault is Vault, AccessControlUpgradeable, UUPSUpgradeable {
  function initialize(address admin) external initializer { _grantRole(DEFAULT_ADMIN_ROLE, admin); }
  function _authorizeUpgrade(address) internal override onlyRole(DEFAULT_ADMIN_ROLE) {}
}
contract Cloner {
  address public clone;
  function make(address target) external { clone = Clones.clone(target); }
}`

const DAO = `
pragma solidity ^0.8.20;
import {Governor} from "@openzeppelin/contracts/governance/Governor.sol";
import {GovernorCountingSimple} from "@openzeppelin/contracts/governance/extensions/GovernorCountingSimple.sol";
import {GovernorTimelockControl} from "@openzeppelin/contracts/governance/extensions/GovernorTimelockControl.sol";
import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";

/// @dev Everybody has one vote, and one vote decides.
contract Dao is Governor, GovernorCountingSimple, GovernorTimelockControl {
  constructor(TimelockController timelock) Governor("Dao") GovernorTimelockControl(timelock) {}
  function votingDelay() public pure override returns (uint256) { return 0; }
  function votingPeriod() public pure override returns (uint256) { return 2; }
  function quorum(uint256) public pure override returns (uint256) { return 1; }
  function clock() public view override returns (uint48) { return uint48(block.number); }
  function CLOCK_MODE() public pure override returns (string memory) { return "mode=blocknumber"; }
  function _getVotes(address, uint256, bytes memory) internal pure override returns (uint256) { return 1; }
  function proposalThreshold() public pure override returns (uint256) { return 0; }
  function state(uint256 id) public view override(Governor, GovernorTimelockControl) returns (ProposalState) {
    return super.state(id);
  }
  function proposalNeedsQueuing(uint256 id) public view override(Governor, GovernorTimelockControl) returns (bool) {
    return super.proposalNeedsQueuing(id);
  }
  function _queueOperations(uint256 id, address[] memory t, uint256[] memory v, bytes[] memory c, bytes32 d)
    internal override(Governor, GovernorTimelockControl) returns (uint48) { return super._queueOperations(id, t, v, c, d); }
  function _executeOperations(uint256 id, address[] memory t, uint256[] memory v, bytes[] memory c, bytes32 d)
    internal override(Governor, GovernorTimelockControl) { super._executeOperations(id, t, v, c, d); }
  function _cancel(address[] memory t, uint256[] memory v, bytes[] memory c, bytes32 d)
    internal override(Governor, GovernorTimelockControl) returns (uint256) { return super._cancel(t, v, c, d); }
  function _executor() internal view override(Governor, GovernorTimelockControl) returns (address) {
    return super._executor();
  }
}`

const OLD = `
pragma solidity ^0.8.19;
import {ProxyAdmin} from "openzeppelin-contracts-4/proxy/transparent/ProxyAdmin.sol";
import {TransparentUpgradeableProxy} from "openzeppelin-contracts-4/proxy/transparent/TransparentUpgradeableProxy.sol";
import {UUPSUpgradeable} from "openzeppelin-contracts-4/proxy/utils/UUPSUpgradeable.sol";

contract OldVault is UUPSUpgradeable {${VAULT}
  address public owner;
  function initialize(address owner_) external { require(owner == address(0)); owner = owner_; }
  function transferOwnership(address to) external { require(msg.sender == owner, "not the owner"); owner = to; }
  function _authorizeUpgrade(address) internal view override { require(msg.sender == owner, "not the owner"); }
}
/// @dev Initialised once per revision, as Aave's contracts are.
contract PoolLike {${VAULT}
  uint256 private revision;
  address public provider;
  function initialize(address provider_) external {
    require(revision < 1, "Contract instance has already been initialized");
    revision = 1;
    provider = provider_;
  }
}`

const DIAMOND = `
pragma solidity ^0.8.20;
import {SolidStateDiamond} from "@solidstate/contracts/proxy/diamond/SolidStateDiamond.sol";

contract Diamond is SolidStateDiamond {}
contract Facet {${VAULT}}`

const NEWEST = { compiler: 'solc', runs: 200, evmVersion: 'cancun' } as const

/** UUPS proxies' implementations of OpenZeppelin 5. */
export const compileVaults = () => compileSolidity(NEW, NEWEST)
/** What is built on OpenZeppelin 4, by names that begin with `Old`. */
export const compileOldVaults = () =>
  prefixed('Old', compileSolidity(OLD, { compiler: 'solc-0.8.19', runs: 200 }))
/** A diamond of SolidState. */
export const compileDiamond = () => compileSolidity(DIAMOND, NEWEST)
/** A Governor in front of a TimelockController. */
export const compileDao = () => compileSolidity(DAO, NEWEST)

/** Both versions have contracts of the same name. */
function prefixed(prefix: string, contracts: Record<string, CompiledContract>) {
  return Object.fromEntries(
    Object.entries(contracts).map(([name, contract]) => [
      name.startsWith(prefix) ? name : `${prefix}${name}`,
      contract,
    ]),
  )
}
