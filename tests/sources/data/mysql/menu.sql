/*
Navicat Premium Data Transfer
Source Server Type    : MySQL
*/

SET NAMES utf8mb4;
SET FOREIGN_KEY_CHECKS = 0;

DROP TABLE IF EXISTS `menu`;
CREATE TABLE `menu`  (
 `id` varchar(255) CHARACTER SET utf8 COLLATE utf8_general_ci NOT NULL,
 `created_date` datetime(0) NULL DEFAULT NULL,
 `flag` int(11) NULL DEFAULT NULL,
 `icon_path` longblob NULL,
 `parent_id` varchar(255) CHARACTER SET utf8 COLLATE utf8_general_ci NULL DEFAULT NULL,
 PRIMARY KEY (`id`) USING BTREE,
 INDEX `FKparent`(`parent_id`) USING BTREE,
 CONSTRAINT `FKparent` FOREIGN KEY (`parent_id`) REFERENCES `menu` (`id`) ON DELETE RESTRICT ON UPDATE RESTRICT
) ENGINE = InnoDB CHARACTER SET = utf8;
