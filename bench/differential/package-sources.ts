/** Contracts of published packages, made usable: what is abstract is closed, and anybody may mint. By compiler. */
export const OPENZEPPELIN_5 = `
pragma solidity ^0.8.24;
import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {VestingWallet} from "@openzeppelin/contracts/finance/VestingWallet.sol";
import {ERC2771Forwarder} from "@openzeppelin/contracts/metatx/ERC2771Forwarder.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Votes} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Votes.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {ERC20FlashMint} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20FlashMint.sol";
import {Nonces} from "@openzeppelin/contracts/utils/Nonces.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ERC4626} from "@openzeppelin/contracts/token/ERC20/extensions/ERC4626.sol";
import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";
import {ERC721Enumerable} from "@openzeppelin/contracts/token/ERC721/extensions/ERC721Enumerable.sol";
import {ERC1155} from "@openzeppelin/contracts/token/ERC1155/ERC1155.sol";
import {ERC1155Supply} from "@openzeppelin/contracts/token/ERC1155/extensions/ERC1155Supply.sol";
import {ERC6909} from "@openzeppelin/contracts/token/ERC6909/ERC6909.sol";

contract VotesToken5 is ERC20, ERC20Permit, ERC20Votes, ERC20FlashMint {
  constructor() ERC20("Votes", "V") ERC20Permit("Votes") {}
  function mint(address to, uint256 amount) external { _mint(to, amount); }
  function _update(address from, address to, uint256 value) internal override(ERC20, ERC20Votes) { super._update(from, to, value); }
  function nonces(address owner) public view override(ERC20Permit, Nonces) returns (uint256) { return super.nonces(owner); }
}
contract Asset5 is ERC20 {
  constructor() ERC20("Asset", "A") {}
  function mint(address to, uint256 amount) external { _mint(to, amount); }
  function _spendAllowance(address, address, uint256) internal override {}
}
contract Vault5 is ERC4626 {
  constructor() ERC20("Vault", "W") ERC4626(IERC20(address(new Asset5()))) {}
}
contract Nft5 is ERC721Enumerable {
  constructor() ERC721("Nft", "N") {}
  function mint(address to, uint256 id) external { _safeMint(to, id); }
}
contract Multi5 is ERC1155Supply {
  constructor() ERC1155("uri") {}
  function mint(address to, uint256 id, uint256 amount) external { _mint(to, id, amount, ""); }
}
contract Claims5 is ERC6909 {
  function mint(address to, uint256 id, uint256 amount) external { _mint(to, id, amount); }
}
contract Forwarder5 is ERC2771Forwarder { constructor() ERC2771Forwarder("forwarder") {} }`

export const OPENZEPPELIN_4 = `
pragma solidity ^0.8.0;
import {PaymentSplitter} from "openzeppelin-contracts-4/finance/PaymentSplitter.sol";
import {ERC777} from "openzeppelin-contracts-4/token/ERC777/ERC777.sol";
import {ERC20} from "openzeppelin-contracts-4/token/ERC20/ERC20.sol";
import {ERC20Snapshot} from "openzeppelin-contracts-4/token/ERC20/extensions/ERC20Snapshot.sol";
import {ERC721} from "openzeppelin-contracts-4/token/ERC721/ERC721.sol";
import {ERC721URIStorage} from "openzeppelin-contracts-4/token/ERC721/extensions/ERC721URIStorage.sol";
import {ConditionalEscrow} from "openzeppelin-contracts-4/utils/escrow/ConditionalEscrow.sol";
import {AccessControlEnumerable} from "openzeppelin-contracts-4/access/AccessControlEnumerable.sol";

contract Snapshot4 is ERC20Snapshot {
  constructor() ERC20("Snapshot", "S") {}
  function mint(address to, uint256 amount) external { _mint(to, amount); }
  function burn(address from, uint256 amount) external { _burn(from, amount); }
  function snapshot() external returns (uint256) { return _snapshot(); }
}
contract Nft4 is ERC721URIStorage {
  constructor() ERC721("Nft", "N") {}
  function mint(address to, uint256 id, string memory uri) external { _safeMint(to, id); _setTokenURI(id, uri); }
  function burn(uint256 id) external { _burn(id); }
}
contract Escrow4 is ConditionalEscrow {
  function withdrawalAllowed(address payee) public pure override returns (bool) { return uint160(payee) % 3 != 0; }
}
contract Roles4 is AccessControlEnumerable {
  constructor() { _grantRole(DEFAULT_ADMIN_ROLE, msg.sender); }
}`

export const SOLIDSTATE = `
pragma solidity ^0.8.20;
import {SolidStateDiamond} from "@solidstate/contracts/proxy/diamond/SolidStateDiamond.sol";

contract Diamond is SolidStateDiamond {}`

/** As the packages themselves compiled them; paths below `node_modules`. */
export const ARTIFACTS: readonly string[] = [
  '@safe-global/safe-smart-account/build/artifacts/contracts/Safe.sol/Safe.json',
  '@safe-global/safe-smart-account/build/artifacts/contracts/handler/CompatibilityFallbackHandler.sol/CompatibilityFallbackHandler.json',
  '@safe-global/safe-smart-account/build/artifacts/contracts/proxies/SafeProxyFactory.sol/SafeProxyFactory.json',
  '@safe-global/safe-smart-account/build/artifacts/contracts/libraries/MultiSend.sol/MultiSend.json',
  '@aave/core-v3/artifacts/contracts/protocol/tokenization/AToken.sol/AToken.json',
  '@aave/core-v3/artifacts/contracts/protocol/tokenization/VariableDebtToken.sol/VariableDebtToken.json',
  '@aave/core-v3/artifacts/contracts/protocol/tokenization/StableDebtToken.sol/StableDebtToken.json',
  '@aave/core-v3/artifacts/contracts/protocol/configuration/ACLManager.sol/ACLManager.json',
  '@aave/core-v3/artifacts/contracts/protocol/configuration/PoolAddressesProvider.sol/PoolAddressesProvider.json',
  '@aave/core-v3/artifacts/contracts/protocol/configuration/PoolAddressesProviderRegistry.sol/PoolAddressesProviderRegistry.json',
  '@aave/core-v3/artifacts/contracts/protocol/pool/DefaultReserveInterestRateStrategy.sol/DefaultReserveInterestRateStrategy.json',
]
