// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

interface IERC20 {
    function transfer(address to, uint256 value) external returns (bool);

    function transferFrom(address from, address to, uint256 value) external returns (bool);
}

interface IPriceSource {
    function price() external view returns (uint256);
}

/// The storage that the dispatcher and all modules share.
abstract contract BrokerStorage {
    address internal _owner;
    bool internal _paused;
    uint96 internal _feeBps;
    mapping(bytes4 => address) internal _modules;
    IERC20 internal _token;
    IPriceSource internal _source;
    mapping(address => uint256) internal _etherOf;
    mapping(address => uint256) internal _tokensOf;

    error NotOwner();
    error Paused();
    error TooLittle();
    error PaymentFailed();

    modifier onlyOwner() {
        if (msg.sender != _owner) revert NotOwner();
        _;
    }

    modifier whenRunning() {
        if (_paused) revert Paused();
        _;
    }
}

/// Passes every call to the module that is in charge of its selector.
contract Broker is BrokerStorage {
    event ModuleSet(bytes4 indexed selector, address module);

    error UnknownFunction(bytes4 selector);

    constructor(IERC20 token, IPriceSource source, bytes4[] memory selectors, address[] memory modules) payable {
        _owner = msg.sender;
        _token = token;
        _source = source;
        for (uint256 i = 0; i < selectors.length; i++) _setModule(selectors[i], modules[i]);
    }

    receive() external payable {}

    fallback() external payable {
        address module = _modules[msg.sig];
        if (module == address(0)) revert UnknownFunction(msg.sig);
        assembly {
            calldatacopy(0, 0, calldatasize())
            let ok := delegatecall(gas(), module, 0, calldatasize(), 0, 0)
            returndatacopy(0, 0, returndatasize())
            if iszero(ok) {
                revert(0, returndatasize())
            }
            return(0, returndatasize())
        }
    }

    function setModule(bytes4 selector, address module) external {
        _setModule(selector, module);
    }

    function setModules(bytes4[] calldata selectors, address module) external {
        for (uint256 i = 0; i < selectors.length; i++) _setModule(selectors[i], module);
    }

    function moduleOf(bytes4 selector) external view returns (address) {
        return _modules[selector];
    }

    function owner() external view returns (address) {
        return _owner;
    }

    function _setModule(bytes4 selector, address module) private {
        _modules[selector] = module;
        emit ModuleSet(selector, module);
    }
}

/// Custody: what customers have at the broker.
contract CustodyModule is BrokerStorage {
    event EtherIn(address indexed customer, uint256 amount);
    event EtherOut(address indexed customer, uint256 amount);
    event TokensIn(address indexed customer, uint256 amount);
    event TokensOut(address indexed customer, uint256 amount);

    function depositEther() external payable whenRunning {
        _etherOf[msg.sender] += msg.value;
        emit EtherIn(msg.sender, msg.value);
    }

    function withdrawEther(uint256 amount) external {
        _etherOf[msg.sender] -= amount;
        emit EtherOut(msg.sender, amount);
        (bool ok, ) = msg.sender.call{value: amount}("");
        if (!ok) revert PaymentFailed();
    }

    function depositTokens(uint256 amount) external whenRunning {
        _tokensOf[msg.sender] += amount;
        emit TokensIn(msg.sender, amount);
        if (!_token.transferFrom(msg.sender, address(this), amount)) revert PaymentFailed();
    }

    function withdrawTokens(uint256 amount) external {
        _tokensOf[msg.sender] -= amount;
        emit TokensOut(msg.sender, amount);
        if (!_token.transfer(msg.sender, amount)) revert PaymentFailed();
    }

    function holdings(address customer) external view returns (uint256, uint256) {
        return (_etherOf[customer], _tokensOf[customer]);
    }
}

/// Trading against the broker's own book at the price of the source (ether per token, 18 digits).
contract TradingModule is BrokerStorage {
    event Traded(address indexed customer, bool bought, uint256 tokens, uint256 ethers);

    function buy(uint256 tokens, uint256 maxEther) external whenRunning {
        uint256 cost = (tokens * _source.price()) / 1e18;
        cost += (cost * _feeBps) / 10_000;
        if (cost > maxEther) revert TooLittle();
        _etherOf[msg.sender] -= cost;
        _etherOf[_owner] += cost;
        _tokensOf[_owner] -= tokens;
        _tokensOf[msg.sender] += tokens;
        emit Traded(msg.sender, true, tokens, cost);
    }

    function sell(uint256 tokens, uint256 minEther) external whenRunning {
        uint256 gain = (tokens * _source.price()) / 1e18;
        gain -= (gain * _feeBps) / 10_000;
        if (gain < minEther) revert TooLittle();
        _tokensOf[msg.sender] -= tokens;
        _tokensOf[_owner] += tokens;
        _etherOf[_owner] -= gain;
        _etherOf[msg.sender] += gain;
        emit Traded(msg.sender, false, tokens, gain);
    }
}

/// What the owner may change.
contract AdminModule is BrokerStorage {
    function setFee(uint96 feeBps) external onlyOwner {
        if (feeBps > 200) revert TooLittle();
        _feeBps = feeBps;
    }

    function setPaused(bool on) external onlyOwner {
        _paused = on;
    }

    function setSource(IPriceSource source) external onlyOwner {
        _source = source;
    }
}

/// A price that its owner writes.
contract PostedPrice is IPriceSource {
    address public immutable owner;
    uint256 public price;

    constructor(uint256 price_) {
        owner = msg.sender;
        price = price_;
    }

    function post(uint256 price_) external {
        require(msg.sender == owner, "owner only");
        price = price_;
    }
}
